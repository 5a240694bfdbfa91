import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { parseReference } from '../../systems/registry/reference.js';
import { clusterOfEnvironment, type Environment } from './environment.js';
import { parseEnvironments } from './parse.js';
import { readEnvironments } from './read.js';
import { renameImage } from './rename-image.js';

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'environments-'));
});
afterEach(() => rm(room, { recursive: true, force: true }));

const file = `environments:
  - name: dev
    repository: ghcr.io/acme/dev/
    namespace: shop-dev
    component: shop
    manifests:
      repository: https://git.example.com/fleet.git
      set:
        - {file: dev/shop.yaml, path: spec.values.web.image, image: web}
  - name: pre-prod
    repository: ghcr.io/acme/pp
    kubeconfig: pp.yaml
    tests: none
`;

async function read(env: Readonly<Record<string, string>> = {}, flags = {}, propertiesFile?: string) {
  const { context } = testContext({ env, cwd: room });
  return readEnvironments({ ...context, propertiesFile }, flags);
}

/** What a person reads. */
async function refusal(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}`;
    throw error;
  }
  return 'it worked';
}

describe('environments', () => {
  it('come from environments.yaml, in its order', async () => {
    await writeFile(join(room, 'environments.yaml'), file);
    const environments = await read();
    expect(environments.names).toEqual(['dev', 'pre-prod']);
    expect(environments.of('dev')).toMatchObject({
      repository: { value: 'ghcr.io/acme/dev', origin: 'environments.yaml' },
      namespace: 'shop-dev',
      component: 'shop',
      tests: 'helm',
      kubeconfig: undefined,
      manifests: { branch: 'main', set: [{ image: 'web', value: 'reference' }], kustomizations: [] },
    });
    expect(environments.of('pre-prod')).toMatchObject({ kubeconfig: join(room, 'pp.yaml'), tests: 'none' });
  });

  it('find kubeconfigs in the directory of --kubeconfigs', async () => {
    await writeFile(join(room, 'environments.yaml'), file);
    const environments = await read({}, { kubeconfigs: '/kubeconfigs' });
    expect(environments.of('pre-prod').kubeconfig).toBe('/kubeconfigs/pp.yaml');
  });

  it('are dev, pp and prod without a file, with the keys of earlier versions', async () => {
    const environments = await read({ GOOGLE_GKE_IMAGE_PP_REPOSITORY: 'ghcr.io/acme/pp' });
    expect(environments.names).toEqual(['dev', 'pp', 'prod']);
    expect(environments.of('pp').repository).toEqual({
      key: 'GOOGLE_GKE_IMAGE_PP_REPOSITORY',
      value: 'ghcr.io/acme/pp',
      origin: 'environment',
    });
    expect(environments.of('prod').repository).toBeUndefined();
  });

  it('can have any name for which a key sets a repository', async () => {
    const environments = await read({ IMAGE_REPOSITORY_EU_WEST: 'ghcr.io/acme/eu' });
    expect(environments.of('eu-west').repository?.value).toBe('ghcr.io/acme/eu');
    expect(await refusal(() => environments.of('eu-east'))).toContain('3 unknown environment "eu-east"');
  });

  it('prefer an environment variable to the properties file, and that to environments.yaml', async () => {
    await writeFile(join(room, 'environments.yaml'), file);
    const properties = join(room, 'pipeline.properties');
    await writeFile(properties, 'GOOGLE_GKE_IMAGE_REPOSITORY=properties.io/dev\n');
    expect((await read({}, {}, properties)).of('dev').repository?.value).toBe('properties.io/dev');
    const env = { GOOGLE_GKE_IMAGE_REPOSITORY: 'variable.io/dev' };
    expect((await read(env, {}, properties)).of('dev').repository?.value).toBe('variable.io/dev');
  });

  it('are found in a directory, such as a workspace', async () => {
    await writeFile(join(room, 'environments.yaml'), file);
    expect(await read({}, { environments: '.' })).toMatchObject({ names: ['dev', 'pre-prod'] });
    expect(await refusal(() => read({}, { environments: tmpdir() }))).toContain('no such file');
  });

  it('must exist when a flag names the file', async () => {
    expect(await refusal(() => read({}, { environments: 'none.yaml' }))).toContain(
      '3 cannot read the environments from',
    );
  });

  it('refuse a variable that is not a registry', async () => {
    const environments = await read({ GOOGLE_GKE_IMAGE_REPOSITORY: 'GHCR.io/Acme' });
    expect(await refusal(() => environments.of('dev'))).toContain('is not a registry');
  });
});

it('a properties file cannot choose the store when a flag names the environments', async () => {
  await writeFile(join(room, 'environments.yaml'), 'environments:\n- {name: dev}\n');
  const properties = join(room, 'store.properties');
  await writeFile(properties, 'OP_STORE=directory:theirs\n');
  await expect(read({}, { environments: 'environments.yaml' }, properties)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('sets OP_STORE, and environments.yaml describes the environments'),
  });
});

describe('an environments file is refused when', () => {
  it.each([
    ['it is not YAML', 'environments: [', 'Flow sequence'],
    ['it is a list', '- name: dev', 'environments is missing'],
    ['it is empty', '', 'environments is missing'],
    ['it contains several documents', 'environments: [{name: dev}]\n---\nx: 1\n', 'it contains several documents'],
    ['a name is missing', 'environments:\n  - {repository: r.io}', 'environments[0].name is missing'],
    ['images are a text', 'images: web\nenvironments: [{name: dev}]', 'images must be a list'],
    [
      'images are empty',
      'environments:\n  - {name: dev, images: []}',
      'environments[0].images must name at least one image',
    ],
    ['the list is empty', 'environments: []', 'environments must name at least one environment'],
    ['a key is unknown', 'environments:\n  - {name: dev, repo: x}', 'environments[0].repo is unknown'],
    ['a name is invalid', 'environments:\n  - {name: Dev}', 'environments[0].name must be the name of an environment'],
    ['a name is given twice', 'environments:\n  - {name: dev}\n  - {name: dev}', 'duplicate environment dev'],
    [
      'a repository is an image',
      'environments:\n  - {name: dev, repository: "ghcr.io/a:v1"}',
      'environments[0].repository must be HOST[:PORT][/PATH]',
    ],
    ['a kind is unknown', 'environments:\n  - {name: dev, kind: Deployment}', 'environments[0].kind must be'],
    [
      'a file leaves the repository',
      'environments:\n  - {name: dev, manifests: {repository: x, set: [{file: ../a, path: a, image: b}]}}',
      'environments[0].manifests.set[0].file must be a path inside the repository',
    ],
  ])('%s', async (_, content, why) => {
    const said = await refusal(() => parseEnvironments('environments.yaml', content));
    expect(said).toContain('3 environments.yaml is not an environments file');
    expect(said).toContain(why);
  });
});

describe('an image is renamed', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const image = (text: string) => {
    const reference = parseReference(text);
    if ('problem' in reference) throw new Error(reference.problem);
    return { imageName: 'app', reference };
  };
  it.each([
    ['ghcr.io/acme/dev/app:v1', ['ghcr.io/acme/dev'], 'ghcr.io/acme/pp', 'ghcr.io/acme/pp/app'],
    ['ghcr.io/acme/dev/team/app:v1', ['ghcr.io/acme', 'ghcr.io/acme/dev'], 'r.io', 'r.io/team/app'],
    ['r.io/app:v1', ['dev.io'], 'r.io', 'r.io/app'],
    ['r.io/pp/app:v1', ['r.io'], 'r.io/pp', 'r.io/pp/app'],
    ['localhost:5000/app:v1', ['localhost:5000'], 'localhost:5001/x', 'localhost:5001/x/app'],
  ])('from %s below %j to %s', (from, repositories, to, expected) => {
    const renamed = renameImage(image(`${from}@${digest}`), repositories, to);
    expect(`${renamed.registry}/${renamed.path}`).toBe(expected);
    expect(renamed).toMatchObject({ tag: 'v1', digest });
  });

  it.each([['ghcr.io/acme/develop/app:v1'], ['other.io/app:v1'], ['ghcr.io/acme/dev:v1']])(
    'is refused when it is below none of them, as %s',
    async (from) => {
      expect(await refusal(() => renameImage(image(from), ['ghcr.io/acme/dev'], 'ghcr.io/acme/pp'))).toContain(
        '3 image "app" has no name below ghcr.io/acme/pp',
      );
    },
  );
});

describe('the cluster of an environment', () => {
  const environment: Environment = {
    ...{
      name: 'pp',
      repository: undefined,
      component: undefined,
      kind: undefined,
      manifests: undefined,
      images: undefined,
      releaseNamespace: undefined,
    },
    ...{ namespace: 'shop', kubeconfig: '/kube/pp.yaml', context: 'pp' },
    tests: 'helm',
  };
  it.each([
    [{}, { kubeconfig: '/kube/pp.yaml', context: 'pp', namespace: 'shop' }],
    [{ kubeconfig: 'mine' }, { kubeconfig: 'mine', context: undefined, namespace: 'shop' }],
    [
      { kubeconfig: 'mine', context: 'a' },
      { kubeconfig: 'mine', context: 'a', namespace: 'shop' },
    ],
    [
      { context: 'a', namespace: 'x' },
      { kubeconfig: '/kube/pp.yaml', context: 'a', namespace: 'x' },
    ],
  ])('%j', (flags, cluster) => {
    expect(clusterOfEnvironment(flags, environment)).toEqual(cluster);
  });
});
