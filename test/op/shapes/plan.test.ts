import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/op/cli/program.js';
import { report } from '../../../src/op/kit/errors/report.js';
import { withTools } from '../../tools.js';
import { testContext } from '../test-context.js';
import { plannable } from './plannable.js';
import { type Planted, plant } from './plant.js';
import { refused } from './refused.js';
import type { Plannable, Shape } from './shape.js';

const repositoryOfAll = 'localhost:5000/shop';
const planDocument = v.object({
  repository: v.nullable(v.string()),
  images: v.array(
    v.strictObject({
      image: v.string(),
      target: v.string(),
      builder: v.string(),
      engine: v.nullable(v.picklist(['skaffold', 'buildkit', 'lifecycle', 'pack'])),
      why: v.string(),
      context: v.string(),
      requires: v.array(v.string()),
      stage: v.number(),
    }),
  ),
  problems: v.array(v.string()),
});
type Image = v.InferOutput<typeof planDocument>['images'][number];
const dryRun = v.object({ builds: v.array(v.object({ imageName: v.string(), tag: v.string() })) });

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shapes-home-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const flagsOf = ({ file, profiles = [], repository = repositoryOfAll }: Shape) => [
  ...(file === undefined ? [] : [`--filename=${file}`]),
  ...profiles.map((profile) => `--profile=${profile}`),
  ...(repository === null ? [] : [`--default-repo=${repository}`]),
];

const environment = ({ env = {} }: Shape) => ({
  PATH: withTools(['skaffold', 'git', 'bwrap']).PATH,
  HOME: home,
  DOCKER_HOST: 'unix:///nowhere/docker.sock',
  BUILDKIT_HOST: 'tcp://buildkit.test:1234',
  ...env,
});

/** `op build --plan` in this process. */
async function plan(shape: Shape, { directory }: Planted, form: 'json' | 'table' = 'json') {
  const out: string[] = [];
  const { context, printed } = testContext({ cwd: directory, env: environment(shape), out: (text) => out.push(text) });
  const args = ['build', `--plan=${form}`, ...flagsOf(shape), ...(shape.flags ?? [])];
  const ended = await createProgram(context)
    .parseAsync(args, { from: 'user' })
    .then(
      () => ({ exitCode: 0, text: '' }),
      (thrown) => report(thrown, false),
    );
  return { ...ended, stdout: out.join(''), said: printed.join('\n') };
}

/** What Skaffold would name the images, by their names in skaffold.yaml. */
async function skaffoldNames(shape: Shape, { directory }: Planted): Promise<ReadonlyMap<string, string>> {
  const file = join(directory, '../builds.json');
  const quiet = ['--interactive=false', '--update-check=false', '--detect-minikube=false'];
  const args = ['build', '--dry-run', `--file-output=${file}`, ...quiet, ...flagsOf(shape)];
  execFileSync('skaffold', args, { cwd: directory, env: environment(shape), stdio: 'ignore' });
  const { builds } = v.parse(dryRun, JSON.parse(await readFile(file, 'utf8')));
  return new Map(builds.map(({ imageName, tag }) => [imageName, tag]));
}

/** An image as a line of a shape's plan. */
const line = ({ stage, image, target, builder, engine, context, requires }: Image) =>
  `${stage} ${image} ${target} ${builder}/${engine ?? '-'} ${context} ${requires.join(',')}`.trim();

/** The expected lines, with the commit, the repository, and tags that only Skaffold can tell filled in. */
const expectedLines = (
  { plan, repository = repositoryOfAll }: Plannable,
  commit: string,
  names: ReadonlyMap<string, string>,
) =>
  plan.map((text) => {
    const [stage, image = '', target = '', ...rest] = text.split(' ');
    const known = target.endsWith(':*')
      ? (names.get(image) ?? '')
      : `${repository === null ? '' : `${repository}/`}${target.replace('COMMIT', commit)}`;
    return [stage, image, known, ...rest].join(' ');
  });

function usualReason({ builder, engine }: Image): string | RegExp {
  if (engine === 'buildkit') return /^BUILDKIT_HOST.* names tcp:\/\/buildkit\.test:1234$/u;
  if (engine === 'lifecycle') return 'in namespaces of this machine';
  return `its builder ${builder} needs no Docker daemon`;
}

describe.concurrent('op build --plan', () => {
  it.each(plannable)('$name', async (shape) => {
    const planted = await plant(shape);
    try {
      const [ran, names] = await Promise.all([plan(shape, planted), skaffoldNames(shape, planted)]);
      expect(ran.stdout, `${ran.said}\n${ran.text}`).not.toBe('');
      const { repository, images, problems } = v.parse(planDocument, JSON.parse(ran.stdout));
      expect(images.map(line)).toEqual(expectedLines(shape, planted.commit, names));
      expect(new Map(images.map(({ image, target }) => [image, target]))).toEqual(names);
      expect(repository).toBe(shape.repository === undefined ? repositoryOfAll : shape.repository);
      for (const image of images) expect(image.why).toMatch(shape.why?.[image.image] ?? usualReason(image));
      const impossible = images.filter(({ engine }) => engine === null);
      for (const { image } of impossible) expect(problems.join('\n')).toContain(image);
      expect(problems.length > 0).toBe(impossible.length > 0);
      expect(ran.exitCode).toBe(impossible.length > 0 ? 3 : 0);
    } finally {
      await planted.remove();
    }
  });

  it.each(refused)('rejects $name', async (shape) => {
    const planted = await plant(shape);
    try {
      const { exitCode, text, stdout } = await plan(shape, planted);
      expect(text).toMatch(/^error: .+\n {2}why: .+\n {2}do: {2}.+/msu);
      for (const part of shape.says) expect(text).toMatch(part);
      expect(exitCode, text).toBe(3);
      expect(stdout).toBe('');
    } finally {
      await planted.remove();
    }
  });

  it('prints a table for people, with a line for each image', async () => {
    const shape: Shape = { name: 'table', from: 'base-with-alias' };
    const planted = await plant(shape);
    try {
      const { exitCode, stdout } = await plan(shape, planted, 'table');
      expect(exitCode).toBe(0);
      for (const image of ['rust-builder', 'controller', 'mock-server', 'docs-site']) {
        expect(stdout).toMatch(new RegExp(`^.*\\b${image}\\b.*buildkit.*BUILDKIT_HOST.* names tcp://`, 'mu'));
      }
    } finally {
      await planted.remove();
    }
  });

  it('warns of a tag that no policy gave', async () => {
    const shape: Shape = { name: 'no tag', from: 'tag-policies', profiles: ['env'] };
    const planted = await plant(shape);
    try {
      const { said } = await plan(shape, planted);
      expect(said).toMatch(/warning: .*latest/u);
    } finally {
      await planted.remove();
    }
  });
});
