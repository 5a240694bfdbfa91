import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { checkDelivery } from './check-delivery.js';
import type { CheckDeliveryRequest } from './options.js';

const usual = ['dev', 'pp', 'prod'];
const repositoryOf = (name: string) => ({ name, repository: `r.example/${name}` });
const files = {
  usual: { environments: usual.map(repositoryOf) },
  onlyDev: { environments: [repositoryOf('dev')] },
  withUat: { environments: ['dev', 'pp', 'uat', 'prod'].map(repositoryOf) },
  anotherFirst: { environments: ['test', ...usual].map(repositoryOf) },
  backwards: { environments: ['dev', 'prod', 'pp'].map(repositoryOf) },
  withoutPath: { environments: [repositoryOf('dev'), { name: 'pp' }] },
  oneRepository: { environments: usual.map((name) => ({ ...repositoryOf(name), repository: 'r.example/all' })) },
  misspelt: { environments: [{ ...repositoryOf('dev'), compnent: 'shop' }] },
  notYaml: 'environments: [',
};

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'check-delivery-'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(room, `${name}.yaml`), typeof content === 'string' ? content : JSON.stringify(content));
  }
});
afterAll(() => rm(room, { recursive: true, force: true }));

async function outcome(
  file: keyof typeof files | undefined,
  request: Partial<CheckDeliveryRequest>,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { context, printed } = testContext({ cwd: room, env });
  const environments = file === undefined ? {} : { environments: `${file}.yaml` };
  try {
    await checkDelivery(context, { through: usual, ...environments, ...request });
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}; ${error.hint}`;
    throw error;
  }
  return printed.join('\n');
}

describe('a delivery may start', () => {
  it.each<readonly [keyof typeof files | undefined, Partial<CheckDeliveryRequest>, string]>([
    ['usual', { until: 'dev' }, 'route: dev -> pp -> prod, until dev'],
    ['usual', { until: 'prod', repository: 'r.example/dev' }, 'route: dev -> pp -> prod, until prod'],
    ['usual', { until: 'pp', repository: 'r.example/dev/shop/' }, 'route: dev -> pp -> prod, until pp'],
    // The names of images can have the rest of the path.
    ['usual', { until: 'pp', repository: 'r.example' }, 'route: dev -> pp -> prod, until pp'],
    // What comes after the last environment may be added later.
    ['onlyDev', { until: 'dev' }, 'route: dev, until dev'],
    ['withUat', { until: 'pp' }, 'route: dev -> pp -> uat -> prod, until pp'],
    ['withUat', { through: [] }, 'route: dev -> pp -> uat -> prod, until prod'],
    // Without a file, a properties file of the repository may give the repositories.
    [undefined, { until: 'prod' }, 'route: dev -> pp -> prod, until prod'],
  ])('with %s and %j', async (file, request, says) => expect(await outcome(file, request)).toBe(says));

  it('when a variable of the pod names the repository', async () => {
    const request = { through: ['dev', 'pp'], until: 'pp' };
    expect(await outcome('withoutPath', request, { IMAGE_REPOSITORY_PP: 'r.example/pp' })).toBe(
      'route: dev -> pp, until pp',
    );
  });
});

describe('a delivery ends before it builds anything', () => {
  const known = 'the environments of this delivery are dev, pp, prod';
  it.each<readonly [keyof typeof files | undefined, Partial<CheckDeliveryRequest>, string]>([
    [
      'usual',
      { until: 'prd' },
      `3 nothing is delivered until "prd": ${known}; set until to one of dev, pp, prod: the last environment to deliver to`,
    ],
    ['usual', { until: 'PROD' }, `3 nothing is delivered until "PROD": ${known};`],
    ['usual', { until: 'dev,pp' }, `3 nothing is delivered until "dev,pp": ${known};`],
    ['usual', { until: ' dev' }, `3 nothing is delivered until " dev": ${known};`],
    ['usual', { until: '--until=dev' }, `3 nothing is delivered until "--until=dev": ${known};`],
    ['usual', { until: 'pp\nprod' }, '3 nothing is delivered until "pp\\nprod": '],
    [undefined, { until: 'live' }, `3 nothing is delivered until "live": ${known};`],
    [
      'withUat',
      { until: 'uat' },
      `3 nothing is delivered until "uat": ${known}; withUat.yaml has uat, but this delivery does not go there;`,
    ],
    ['onlyDev', { until: 'pp' }, '3 unknown environment "pp": onlyDev.yaml and the configuration have only dev'],
    ['withUat', { until: 'prod' }, '6 nothing is promoted from pp to prod: uat would be skipped'],
    ['backwards', { until: 'pp' }, '6 nothing is promoted from dev to pp: prod would be skipped'],
    ['anotherFirst', { until: 'dev' }, '6 nothing is delivered to dev first: the order of promotion is test -> dev'],
    ['withoutPath', { until: 'pp' }, '3 the repository of pp is unknown'],
    ['oneRepository', { until: 'pp' }, '6 nothing is promoted from dev to pp: both have the repository r.example/all'],
    ['misspelt', { until: 'dev' }, '3 misspelt.yaml is not an environments file: environments[0].compnent is unknown'],
    ['notYaml', { until: 'dev' }, '3 notYaml.yaml is not an environments file'],
    [
      'usual',
      { until: 'dev', repository: 'r.example/pp' },
      '6 images of r.example/pp are not delivered to dev: usual.yaml has the repository r.example/dev for dev',
    ],
    ['usual', { until: 'dev', repository: 'r.example/development' }, '6 images of r.example/development are not'],
  ])('with %s and %j', async (file, request, says) => expect(await outcome(file, request)).toContain(says));

  it('when the file that is named is missing', async () => {
    expect(await outcome(undefined, { environments: 'none.yaml', until: 'dev' })).toContain(
      '3 cannot read the environments from none.yaml: no such file',
    );
  });
});
