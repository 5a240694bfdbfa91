import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterBuildKit, startBuildKit } from './buildkit.js';
import { ask, builder, fourFiles, howOf, mirrors, pushBases, runImage, volumeOf } from './four.js';
import {
  applyDist,
  cancel,
  createNamespace,
  createRepository,
  createRun,
  credentials,
  digest,
  dockerConfig,
  enter,
  imagesOf,
  kubectl,
  kubectlJson,
  logs,
  type Outcome,
  privateRegistryForPods,
  type Repository,
  type Run,
  registry,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';
import { buildPushRun } from './sample.js';

interface Pod {
  readonly spec: {
    readonly volumes: readonly { readonly name: string; readonly secret?: object }[];
    readonly containers: readonly {
      readonly name: string;
      readonly env?: readonly object[];
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
  };
}

/** A run that has ended. */
interface Built {
  readonly run: Run;
  readonly outcome: Outcome;
  readonly log: string;
}

const images = ['base', 'api', 'team/worker-web', 'site'];
let namespace: string;
let buildkit: ClusterBuildKit;
let repository: Repository | undefined;

beforeAll(async () => {
  namespace = await createNamespace('engines');
  [buildkit] = await Promise.all([startBuildKit(), pushBases(), applyDist(namespace)]);
  await buildkit.clientSecret(namespace);
});
afterAll(async () => {
  await removeNamespace(namespace);
  if (repository !== undefined) await removeRepository(repository);
});

/** A repository with the sample, one file of it changed or not. */
async function four(changes: Readonly<Record<string, string>> = {}): Promise<Repository> {
  repository = await createRepository(`four-${namespace}`, { ...(await fourFiles()), ...changes });
  return repository;
}

const manifest = (url: string, repository: string, dockerconfig?: string) =>
  buildPushRun({
    params: { url, repository, builder, 'buildkit-host': buildkit.address, 'image-mirrors': mirrors },
    workspaces: {
      source: { volumeClaimTemplate: { storage: '1Gi' } },
      'buildkit-client': { secret: 'buildkit-client' },
      ...(dockerconfig === undefined ? {} : { dockerconfig: { secret: dockerconfig } }),
    },
  });

async function build({ url }: Repository): Promise<Built> {
  return finish(await createRun(namespace, manifest(url, `${registryForPods}/${namespace}`)));
}

async function finish(run: Run): Promise<Built> {
  return { run, outcome: await waitForRun(run), log: await logs(run) };
}

describe('a repository with two Dockerfiles and two applications for buildpacks', () => {
  let source: Repository;
  let first: Built;
  beforeAll(async () => {
    source = await four();
    first = await build(source);
  });

  test('is built in a restricted namespace, each image by its engine, the base before the images built from it', async () => {
    expect(first.outcome, first.log).toMatchObject({ succeeded: true });
    expect(howOf(first.log)).toEqual(Object.fromEntries(images.map((image) => [image, 'built'])));
    const built = String(first.outcome.results.IMAGES).split(',');
    expect(built).toHaveLength(images.length);
    for (const image of built) {
      const [name = '', claimed] = image.replace(registryForPods, registry).split('@');
      expect(await digest(name)).toBe(claimed);
      expect(name).toContain(source.commit.slice(0, 7));
    }
    const order = built.map((image) => image.slice(image.lastIndexOf('/') + 1).split(':')[0]);
    expect(order.indexOf('base')).toBeLessThan(order.indexOf('api'));
  });

  test('leaves the list of all images and the SBOMs of the buildpacks in the workspace', async () => {
    const volume = await volumeOf(first.run);
    const list: unknown = JSON.parse(await readFile(join(volume, 'build_result.json'), 'utf8'));
    const tags = String(first.outcome.results.IMAGES).split(',');
    expect(list).toEqual({ builds: tags.map((tag) => ({ imageName: expect.any(String), tag })) });
    const sboms = await readdir(join(volume, 'sbom/site'), { recursive: true });
    expect(sboms.filter((path) => path.endsWith('.cdx.json'))).not.toEqual([]);
  });

  const imageOf = (name: string) =>
    String(first.outcome.results.IMAGES)
      .split(',')
      .find((image) => image.includes(`/${name}:`)) ?? '';

  test.each([
    ['base', { '/': 'base' }, []],
    [
      'api',
      { '/': 'base', '/greeting.txt': 'made for API', '/status.txt': 'ready' },
      ['/secret.txt', '/.dockerignore'],
    ],
    ['team_worker-web', { '/': 'worker-web' }, ['/Procfile']],
    ['site', { '/': 'site', '/about.html': 'about' }, ['/next.draft.html', '/notes/todo.txt']],
  ] as const)('%s runs as a pod and answers over HTTP', async (name, pages, missing) => {
    const podName = name.replace('_', '-');
    await runImage(namespace, podName, imageOf(name));
    for (const [path, body] of Object.entries(pages)) {
      expect(await ask(namespace, podName, path)).toEqual({ status: 200, body });
    }
    for (const path of missing) expect(await ask(namespace, podName, path)).toMatchObject({ status: 404 });
  });

  test('the other process in the Procfile starts too', async () => {
    await runImage(namespace, 'worker', imageOf('team_worker-web'), 'worker');
    await expect
      .poll(() => kubectl(['logs', 'pod/worker', `--namespace=${namespace}`]), { timeout: 10_000 })
      .toBe('the worker works in /workspace');
  });

  test('a second run for the same commit reuses every image within seconds', async () => {
    const { outcome, log } = await build(source);
    expect(imagesOf(outcome)).toEqual(imagesOf(first.outcome));
    expect(outcome.results).toMatchObject({ IMAGES: '', REUSED_IMAGES: first.outcome.results.IMAGES });
    expect(howOf(log)).toEqual(Object.fromEntries(images.map((image) => [image, 'reused'])));
    expect(outcome.seconds).toBeLessThan(90);
  });

  test.each([
    ['site', { 'site/pages/about.html': 'about us\n' }, ['site']],
    ['worker-web', { 'worker-web/www/index.html': 'other\n' }, ['team/worker-web']],
    ['api', { 'api/status.txt': 'almost\n' }, ['api']],
    ['what another is built from', { 'base/www/index.html': 'other\n' }, ['base', 'api']],
  ])('a commit that changes %s builds nothing else', async (_, changes, expected) => {
    const { outcome, log } = await build(await four(changes));
    expect(outcome, log).toMatchObject({ succeeded: true });
    const how = howOf(log);
    expect(Object.keys(how).toSorted()).toEqual(images.toSorted());
    expect(images.filter((image) => how[image] === 'built').toSorted()).toEqual(expected.toSorted());
    const digests = (run: Outcome) => imagesOf(run).map((image) => image.split('@')[1]);
    const before = new Set(digests(first.outcome));
    const same = digests(outcome).filter((one) => before.has(one));
    expect(String(outcome.results.IMAGES).split(',').filter(Boolean)).toHaveLength(expected.length);
    expect(same).toHaveLength(images.length - expected.length);
  });
});

test('the builder of buildpacks sees neither credentials nor the repository while it runs', async () => {
  const secret = 'registry-credentials';
  const config = dockerConfig([privateRegistryForPods]);
  await kubectl([
    'create',
    'secret',
    'generic',
    secret,
    `--namespace=${namespace}`,
    `--from-literal=config.json=${config}`,
  ]);
  // The buildpack of the site waits while this file exists, so that the test inspects the builder during a build.
  const { url } = await four({ 'site/pages/take-time': '' });
  const run = await createRun(namespace, manifest(url, `${privateRegistryForPods}/${namespace}`, secret));
  const name = `${run.name}-build-pod`;
  const inBuilder = (command: string) =>
    enter(
      'kubectl',
      ['exec', name, `--namespace=${namespace}`, '--container=sidecar-builder', '--', 'sh', '-c', command],
      { mayFail: true },
    );
  await expect
    .poll(async () => (await inBuilder('cat /proc/[0-9]*/cmdline | tr "\\0" " "')).stdout, { timeout: 120_000 })
    .toContain('sleep 60');

  const { spec } = await kubectlJson<Pod>(['get', 'pod', name, `--namespace=${namespace}`]);
  const sidecar = spec.containers.find((container) => container.name === 'sidecar-builder');
  const mounted = new Set(sidecar?.volumeMounts.map((mount) => mount.name));
  const secretVolumes = spec.volumes.filter((volume) => volume.secret !== undefined);
  expect(secretVolumes).not.toEqual([]);
  expect(secretVolumes.filter((volume) => mounted.has(volume.name))).toEqual([]);
  expect(sidecar?.env ?? []).toEqual([]);

  const encoded = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const words = [credentials.password, encoded, 'PRIVATE KEY'].map(
    (word) => `-e '${word.slice(0, 1)}[${word.slice(1, 2)}]${word.slice(2)}'`,
  );
  const places = '/source /secrets /workspace /layers /builder /home /tmp /tekton /var/run /proc/[0-9]*/environ';
  // The search itself works: it finds files that exist.
  expect((await inBuilder("grep -rsla '^abou[t]' /workspace")).stdout).toBe('/workspace/pages/about.html');
  const { stdout } = await inBuilder(
    `grep -rsla ${words.join(' ')} ${places}; find /source /secrets /var/run/secrets -type f 2>/dev/null; env`,
  );
  expect(stdout).not.toMatch(/^\//mu);
  expect(stdout).toContain('PATH=');

  const log = await kubectl(['logs', name, `--namespace=${namespace}`, '--container=step-build-push']);
  // What the buildpack prints is kept back while all goes well.
  expect(log).not.toBe('');
  expect(log).not.toContain(credentials.password);
  expect(log).not.toContain(encoded);
  await cancel(run);
});
