import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KubernetesApi, kubernetesPath, startKubernetesApi } from '../../../../test/op/kubernetes-api.js';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { pushImage, registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { withTools } from '../../../../test/tools.js';

const digest = `sha256:${'a'.repeat(64)}`;
const oneImage = JSON.stringify({ builds: [{ imageName: 'web', tag: `r.invalid/dev/web:v1@${digest}` }] });
const repositories = { GOOGLE_GKE_IMAGE_REPOSITORY: 'r.invalid/dev', GOOGLE_GKE_IMAGE_PP_REPOSITORY: 'r.invalid/pp' };

let op: Op;
let room: string;

beforeAll(async () => {
  op = await bundledOp(['crane']);
});
afterAll(() => op?.dispose());
beforeEach(async () => {
  if (room !== undefined) await rm(room, { recursive: true, force: true });
  room = await mkdtemp(join(tmpdir(), 'promote-command-'));
  await writeFile(join(room, 'build_result.json'), oneImage);
});

const run = (flags: readonly string[], env: Readonly<Record<string, string>> = repositories) =>
  op.run(room, ['promote-image', ...flags], env);
const fromDev = ['--source=dev', '--destination=pp'];

describe('before a registry is asked', () => {
  it('a pipe in the place of the build result is refused: nobody may ever write to it', async () => {
    await execa('mkfifo', [join(room, 'pipe.json')]);
    const { exitCode, stderr } = await run([...fromDev, '--build-result=pipe.json', '--timeout=30s']);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('it is not a regular file')]);
  });

  it.each<readonly [name: string, flags: readonly string[], exitCode: number, says: string]>([
    ['no destination', ['--source=dev'], 2, 'needs --destination'],
    ['no source for what is not the first environment', ['--destination=pp', '--source='], 2, 'needs --source'],
    ['an unknown environment', ['--source=dev', '--destination=nope'], 3, 'unknown environment "nope"'],
    [
      'a path for an environment',
      ['--source=dev', '--destination=../../x'],
      3,
      '"../../x" is not the name of an environment',
    ],
    ['an option for an environment', ['--source=--dry-run', '--destination=pp'], 3, 'unknown environment "--dry-run"'],
    ['a command for an environment', ['--source=$(id)', '--destination=pp'], 3, 'unknown environment "$(id)"'],
    ['another order', ['--source=pp', '--destination=dev'], 6, 'dev comes before pp'],
    ['a skipped environment', ['--source=dev', '--destination=prod'], 6, 'pp would be skipped'],
    ['the same environment', ['--source=pp', '--destination=pp', '--allow-skip'], 6, 'they are the same environment'],
    [
      'the same repository',
      [...fromDev, '--destination-repository=r.invalid/dev/'],
      6,
      'both have the repository r.invalid/dev',
    ],
    ['a destination beyond the end', [...fromDev, '--until=dev'], 6, 'this delivery ends at dev'],
    ['no repository', ['--source=pp', '--destination=prod'], 3, 'the repository of prod is unknown'],
    ['a URL for a repository', [...fromDev, '--source-repository=https://r.invalid/dev'], 3, 'is not a registry'],
    ['an option for a repository', [...fromDev, '--source-repository=--insecure'], 3, 'is not a registry'],
    ['a repository over two lines', [...fromDev, '--source-repository=r.invalid/a\nb'], 3, 'is not a registry'],
    ['an unknown image', [...fromDev, '--image-name=nope'], 3, 'has no image "nope"'],
    ['no build result', [...fromDev, '--build-result=none.json'], 3, 'cannot read'],
    [
      'a result in the place of the build result',
      [...fromDev, '--promotion-result=build_result.json'],
      2,
      'three different files',
    ],
    [
      'a result where nothing can be written',
      [...fromDev, '--promotion-result=build_result.json/y.json'],
      3,
      'cannot write ',
    ],
    ['an unknown output', [...fromDev, '--result=IMAGES=/tmp/x'], 2, 'is not an output of this command'],
    [
      'no credentials where they should be',
      [...fromDev, '--dockerconfig=/nowhere'],
      3,
      '/nowhere has no registry credentials',
    ],
    ['a number that is none', [...fromDev, '--jobs=0'], 2, 'whole number'],
    ['a Lease for no component', [...fromDev, '--lease-holder=me'], 2, '--lease-holder needs'],
  ])('%s is refused', async (_, flags, exitCode, says) => {
    const ran = await run(flags);
    expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(says) });
    expect(ran.stderr).not.toContain('unexpected error');
    expect(await readFile(join(room, 'build_result.json'), 'utf8')).toBe(oneImage);
  });

  it.each([
    ['an empty list', '{"builds":[]}', 'lists no image'],
    ['no tag', '{"builds":[{"imageName":"web","tag":null}]}', 'is not a build result'],
    [
      'a wrong digest',
      '{"builds":[{"imageName":"web","tag":"r.invalid/dev/web:v1@sha256:abc"}]}',
      'is not a build result',
    ],
    [
      'an image of another registry',
      '{"builds":[{"imageName":"web","tag":"other.invalid/dev/web:v1"}]}',
      'has no name below',
    ],
    [
      'two images for one name',
      `{"builds":["r.invalid/dev/web:v1@${digest}","r.invalid/dev/web:v1@sha256:${'b'.repeat(64)}"]}`,
      'would both be r.invalid/pp/web:v1',
    ],
  ])('a build result with %s is refused, and the results of an earlier run are gone', async (_, content, says) => {
    await writeFile(join(room, 'build_result.json'), content);
    for (const name of ['promotion_result.json', 'build_result.pp.json']) await writeFile(join(room, name), 'old');
    expect(await run(fromDev)).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(says) });
    expect(await readdir(room)).toEqual(['build_result.json']);
  });
});

describe('the first environment', () => {
  it('has nothing to promote, and the list of its images is the one of the build', async () => {
    const ran = await run(['--source=', '--destination=dev', '--until=prod', '--component=shop']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    expect(ran.stderr.split('\n')).toEqual([
      'dev is the first environment: nothing to promote',
      'next: op watch-deployment --environment dev --component shop --build-result build_result.dev.json',
    ]);
    const again = await run([
      '--source=',
      '--destination=dev',
      '--namespace=shop',
      '--destination-repository=r.invalid',
    ]);
    expect(again.stderr).toMatch(/ --build-result build_result.dev.json --namespace shop --repository r.invalid$/u);
    await run(['--source=', '--destination=dev']);
    expect(await readFile(join(room, 'build_result.dev.json'), 'utf8')).toBe(`${oneImage}\n`);
    expect(JSON.parse(await readFile(join(room, 'promotion_result.json'), 'utf8'))).toMatchObject({
      source: null,
      destination: { environment: 'dev', repository: 'r.invalid/dev' },
      images: [{ imageName: 'web', outcome: 'already-there' }],
    });
  });
});

describe('with a cluster and a registry', () => {
  let api: KubernetesApi;
  let registry: LocalRegistry;
  beforeAll(async () => {
    [api, registry] = await Promise.all([startKubernetesApi(), startPlainRegistry()]);
    await api.kubectl(['create', 'namespace', 'shop']);
  }, 120_000);
  afterAll(() => Promise.all([api?.stop(), registry?.stop()]));

  const environment = () => ({
    PATH: `${kubernetesPath}:${withTools(['crane']).PATH}`,
    KUBECONFIG: api.kubeconfig('admin', 'shop'),
    PROMOTE_SOURCE_REPOSITORY: `${registry.host}/dev`,
    PROMOTE_DESTINATION_REPOSITORY: `${registry.host}/pp`,
  });

  it('takes what was published, and promotes that', async () => {
    const web = await pushImage(`${registry.host}/dev/team/web:v1`);
    const builds = [{ imageName: 'team/web', tag: `${registry.host}/dev/team/web:v1@${web}` }];
    await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
    const published = await op.run(room, ['publish', `--git-revision=${'a'.repeat(40)}`], environment());
    expect(published.exitCode).toBe(0);
    await rm(join(room, 'build_result.json'));
    const ran = await run([...fromDev, '--from-image-info', '--build-result=does-not-count.json'], environment());
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(await registryTool('crane', ['digest', `${registry.host}/pp/team/web:v1`])).toBe(web);
    expect(JSON.parse(await readFile(join(room, 'build_result.pp.json'), 'utf8'))).toEqual({
      builds: [{ imageName: 'team/web', tag: `${registry.host}/pp/team/web:v1@${web}` }],
    });
    const other = [{ imageName: 'api', tag: `${registry.host}/dev/team/web:v1@${web}` }];
    await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds: other }));
    const publish = (prefix: string) =>
      op.run(room, ['publish', `--git-revision=${'b'.repeat(40)}`, `--configmap-prefix=${prefix}`], environment());
    // Image `api` of the prefix `image-info-admin` is no image of `image-info`.
    await publish('image-info-admin');
    expect(await run([...fromDev, '--from-image-info'], environment())).toMatchObject({ exitCode: 0 });
    await publish('image-info');
    const mixed = await run([...fromDev, '--from-image-info'], environment());
    expect(mixed).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('are not of one commit') });
    const chosen = await run([...fromDev, '--from-image-info', '--image-name=team/web'], environment());
    expect(chosen).toMatchObject({ exitCode: 0 });
    const none = await run([...fromDev, '--from-image-info', '--configmap-prefix=other'], environment());
    expect(none).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no image is published in namespace shop'),
    });
  });

  it('needs no cluster when the store is a directory: image info and the lock are there', async () => {
    const web = await pushImage(`${registry.host}/dev/web:v9`);
    const builds = [{ imageName: 'web', tag: `${registry.host}/dev/web:v9@${web}` }];
    await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
    const { KUBECONFIG: _, PATH: __, ...rest } = environment();
    const alone = {
      ...rest,
      PATH: `${withTools(['crane']).PATH}`,
      KUBECONFIG: '/dev/null',
      OP_STORE: 'directory:store',
    };
    expect(await op.run(room, ['publish', `--git-revision=${'a'.repeat(40)}`], alone)).toMatchObject({ exitCode: 0 });
    await rm(join(room, 'build_result.json'));
    const ran = await run(
      [...fromDev, '--from-image-info', '--component=shop', '--lease-holder=me', '--keep-lease'],
      alone,
    );
    expect(ran).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('lock octopipeline-pp-shop in the directory '),
    });
    expect(await registryTool('crane', ['digest', `${registry.host}/pp/web:v9`])).toBe(web);
    const lock = JSON.parse(await readFile(join(room, 'store/locks/octopipeline-pp-shop.json'), 'utf8'));
    expect(lock).toMatchObject({ holder: 'me', seconds: 900 });
    const waits = [...fromDev, '--from-image-info', '--component=shop', '--lease-holder=you', '--lease-wait=1s'];
    expect(await run(waits, alone)).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('held by me') });
    const none = await run([...fromDev, '--from-image-info', '--configmap-prefix=other'], alone);
    expect(none).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no image is published in the directory'),
    });
  });

  it('holds the Lease of the destination, and keeps it when told to', async () => {
    const web = await pushImage(`${registry.host}/dev/web:v2`);
    const builds = [{ imageName: 'web', tag: `${registry.host}/dev/web:v2@${web}` }];
    await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
    await mkdir(join(room, 'kube'));
    await writeFile(join(room, 'kube/pp.yaml'), await readFile(api.kubeconfig('admin'), 'utf8'));
    await writeFile(
      join(room, 'environments.yaml'),
      'environments:\n- {name: dev}\n- {name: pp, component: shop, namespace: shop, kubeconfig: pp.yaml}\n',
    );
    const flags = [...fromDev, '--kubeconfigs=kube', '--lease-holder=me'];
    const holder = () =>
      api.kubectl(['get', 'lease', 'octopipeline-pp-shop', '-n', 'shop', '-o', 'jsonpath={.spec.holderIdentity}']);
    const kept = await run([...flags, '--keep-lease'], environment());
    expect(kept).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('1 copied') });
    expect(await holder()).toBe('me');
    const other = await run(
      [...fromDev, '--kubeconfigs=kube', '--lease-holder=another', '--lease-wait=1s'],
      environment(),
    );
    expect(other).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('me') });
    expect((await readdir(room)).filter((name) => name.includes('result'))).toEqual(['build_result.json']);
    expect((await run(flags, environment())).exitCode).toBe(0);
    expect(await holder()).toBe('');
  }, 60_000);
});
