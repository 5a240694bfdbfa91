import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostOp, hostOp, type Ran } from './host-op.js';
import { commitFiles, gitAddress } from './repository.js';
import {
  crane,
  createNamespace,
  createRepository,
  kubectl,
  type Repository,
  registryForPods,
  removeRepository,
} from './rig.js';
import {
  followRepository,
  pushChart,
  pushShop,
  type ReleaseOptions,
  type ShopBuild,
  shopManifests,
  waitReady,
} from './shop.js';

let op: HostOp;
let repository: string;
let path: string;
/** The build that runs at first, the one that is delivered, and one whose tag only starts like the first one's. */
let first: ShopBuild;
let second: ShopBuild;
let tenth: ShopBuild;
const namespaces: string[] = [];
const repositories: Repository[] = [];

beforeAll(async () => {
  path = await createNamespace('watch');
  namespaces.push(path);
  repository = `${registryForPods}/${path}/dev`;
  [op, first, second, tenth] = await Promise.all([
    hostOp(),
    pushShop(repository, 'v1', 'one'),
    pushShop(repository, 'v2', 'two'),
    pushShop(repository, 'v10', 'ten'),
    pushChart(path),
  ]);
});
afterAll(async () => {
  await Promise.all([
    kubectl(['delete', 'namespace', ...namespaces, '--wait=false']),
    op.dispose(),
    ...repositories.map(removeRepository),
  ]);
});

/** A namespace in which a build runs, as in its repository of manifests. */
async function running(build: ShopBuild): Promise<Scene> {
  const namespace = await createNamespace('watch');
  namespaces.push(namespace);
  const fleet = await createRepository(`fleet-${namespace}`, { 'shop.yaml': shopManifests(build, path) });
  repositories.push(fleet);
  await followRepository(namespace, `${gitAddress}/fleet-${namespace}.git`);
  await kubectl(['wait', '--for=create', 'helmrelease/shop', `--namespace=${namespace}`, '--timeout=30s']);
  await waitReady(namespace);
  return {
    namespace,
    deliver: async (next, options) => {
      await commitFiles(fleet, { 'shop.yaml': shopManifests(next, path, options) });
    },
  };
}

interface Scene {
  readonly namespace: string;
  /** Writes another build into the repository, as `op set-image` does. */
  readonly deliver: (build: ShopBuild, options?: ReleaseOptions) => Promise<void>;
}

async function flags(namespace: string, build: ShopBuild, ...more: string[]): Promise<string[]> {
  const result = await op.write(`${namespace}.json`, build);
  return [
    'watch-deployment',
    '--environment=dev',
    '--component=shop',
    `--namespace=${namespace}`,
    `--repository=${repository}`,
    `--build-result=${result}`,
    `--insecure-registry=${registryForPods}`,
    '--timeout=60s',
    ...more,
  ];
}

const watch = async (namespace: string, build: ShopBuild, ...more: string[]): Promise<Ran> =>
  op.run(await flags(namespace, build, ...more));

const digestOf = (build: ShopBuild, index: 0 | 1 = 0) => build.builds[index].tag.split('@')[1] ?? '';

/** As in a table: 12 digits. */
const short = (build: ShopBuild) => digestOf(build).slice(0, 'sha256:'.length + 12);

/** The same build with another web image. */
const withWeb = (build: ShopBuild, tag: string): ShopBuild => ({
  builds: [{ ...build.builds[0], tag }, build.builds[1]],
});

/** The second web image with another command, under a tag of its own. */
async function startedBy(tag: string, script: string): Promise<string> {
  const image = `${repository}/web:${tag}`;
  await crane(['mutate', '--insecure', `--entrypoint=sh,-c,${script}`, `--tag=${image}`, second.builds[0].tag]);
  return `${image}@${await crane(['digest', '--insecure', image])}`;
}

test.concurrent('a build that runs is proven, by the digests of its pods', async () => {
  const { namespace } = await running(first);
  const { exitCode, printed } = await watch(namespace, first, '--debug');
  expect(exitCode, printed).toBe(0);
  expect(printed).toContain(short(first));
});

test.concurrent('another digest under the right tag is refused, even where a tag may do', async () => {
  const tag = first.builds[0].tag.split('@')[0] ?? '';
  const { namespace } = await running(withWeb(first, tag));
  const { exitCode, printed } = await watch(
    namespace,
    withWeb(first, `${tag}@${digestOf(second)}`),
    '--allow-tag',
    '--timeout=15s',
  );
  expect(exitCode, printed).toBe(6);
  expect(printed).toContain(digestOf(second));
  expect(printed).toContain(digestOf(first));
});

test.concurrent('v10 is not v1: refused at once where op knows who writes the manifests, else waited for in vain', async () => {
  const { namespace } = await running(tenth);
  const known = `{name: dev, manifests: {repository: "${gitAddress}/fleet-${namespace}.git"}}`;
  const environments = await op.write(`${namespace}.yaml`, `environments: [${known}]`);
  const refused = await watch(namespace, first, `--environments=${environments}`);
  expect(refused.exitCode, refused.printed).toBe(6);
  expect(refused.printed).toMatch(/:v10@/u);
  expect(refused.seconds).toBeLessThan(20);
  const late = await watch(namespace, first, '--timeout=5s');
  expect(late.exitCode, late.printed).toBe(5);
  expect(late.printed).toMatch(/:v10@/u);
});

test.concurrent('a new ReplicaSet that the quota keeps from starting, while the old one runs, ends it early', async () => {
  const { namespace, deliver } = await running(first);
  await kubectl(['create', 'quota', 'full', '--hard=pods=2', `--namespace=${namespace}`]);
  await deliver(second);
  const { exitCode, printed, seconds } = await watch(namespace, second);
  expect(exitCode, printed).toBe(4);
  expect(printed).toMatch(/exceeded quota/u);
  expect(printed).toContain(short(first));
  expect(seconds).toBeLessThan(50);
});

test.concurrent('an image that cannot be pulled ends it early, with the reason', async () => {
  const { namespace, deliver } = await running(first);
  const missing = withWeb(second, `${repository}/web:v3@sha256:${'0'.repeat(64)}`);
  await deliver(missing);
  const { exitCode, printed, seconds } = await watch(namespace, missing);
  expect(exitCode, printed).toBe(4);
  expect(printed).toMatch(/not ?found/iu);
  expect(seconds).toBeLessThan(50);
});

test.concurrent('a crash loop ends it early, with the last lines of the log', async () => {
  const { namespace, deliver } = await running(first);
  const broken = withWeb(second, await startedBy('broken', 'echo broken by design; exit 3'));
  await deliver(broken);
  const { exitCode, printed } = await watch(namespace, broken, '--timeout=150s');
  expect(exitCode, printed).toBe(4);
  expect(printed).toContain('broken by design');
  expect(printed).toMatch(/started \d+ times/u);
  expect(printed).toContain('--- before this rollout');
  expect(printed).toContain(` ran ${repository}/web:v1@${digestOf(first)} (`);
  expect(printed).toMatch(/^ +to go back to v1: git checkout v1 && op push && op set-image --environment=dev && /mu);
});

test.concurrent('a suspended HelmRelease is said at once, with the command that resumes it', async () => {
  const { namespace, deliver } = await running(first);
  await deliver(second, { spec: { suspend: true } });
  const { exitCode, printed, seconds } = await watch(namespace, second);
  expect(exitCode, printed).toBe(3);
  expect(printed).toMatch(/suspend/u);
  expect(printed).toMatch(/do: .*(kubectl|flux) /u);
  expect(seconds).toBeLessThan(10);
});

/** The second build, whose web page takes some time to start. */
async function slow(name: string): Promise<ShopBuild> {
  return withWeb(second, await startedBy(name, 'sleep 12; exec busybox httpd -f -p 8080 -h /www'));
}

test.concurrent('a watcher that is killed leaves its Lease to the next run of the same holder', async () => {
  const { namespace, deliver } = await running(first);
  const build = await slow('killed');
  await deliver(build);
  const asked = await flags(namespace, build, '--lease-holder=person/one');
  const killed = op.start(asked);
  await killed.says('readiness probe fails');
  killed.kill('SIGKILL');
  await killed.end;
  const { exitCode, printed } = await op.run(asked);
  expect(exitCode, printed).toBe(0);
});

test.concurrent('a second watcher of the same environment waits, and says for whom', async () => {
  const { namespace, deliver } = await running(first);
  const build = await slow('both');
  await deliver(build);
  const one = op.start(await flags(namespace, build, '--lease-holder=person/one'));
  await one.says('readiness probe fails');
  const two = op.start(await flags(namespace, build, '--lease-holder=person/two'));
  await two.says('person/one');
  const [ended, waited] = await Promise.all([one.end, two.end]);
  expect(ended.exitCode, ended.printed).toBe(0);
  expect(waited.exitCode, waited.printed).toBe(0);
});
