import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import {
  type KubernetesApi,
  kubernetesPath,
  missingTools,
  startKubernetesApi,
  type User,
} from '../../../../test/op/kubernetes-api.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

const one = `sha256:${'1'.repeat(64)}`;
const two = `sha256:${'2'.repeat(64)}`;
const commit = 'a'.repeat(40);
const image = (imageName: string, digest = one) => ({
  imageName,
  tag: `registry.example.com:5000/team/${imageName.toLowerCase()}:v1@${digest}`,
});

let op: Op;
let room: string;

beforeAll(async () => {
  op = await bundledOp([]);
  room = await realpath(await mkdtemp(join(tmpdir(), 'publish-test-')));
});
afterAll(async () => {
  await Promise.all([op?.dispose(), rm(room, { recursive: true, force: true })]);
});

async function publish(builds: readonly unknown[], env: Readonly<Record<string, string>>, ...flags: string[]) {
  await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
  const revision = flags.some((flag) => flag.startsWith('--git-revision')) ? [] : [`--git-revision=${commit}`];
  return op.run(room, ['publish', ...revision, ...flags], { PATH: kubernetesPath, ...env });
}

describe('before the API is called', () => {
  test.each([
    ['no revision', [image('app')], ['--git-revision='], 2, 'op publish needs --git-revision'],
    ['a branch for a revision', [image('app')], ['--git-revision=main'], 3, '--git-revision=main is not a commit'],
    ['an abbreviated revision', [image('app')], ['--git-revision=abc1234'], 3, 'is not a commit'],
    ['an invalid namespace', [image('app')], ['--namespace=Not_A_Name'], 3, 'is not the name of a namespace'],
    [
      'an option for a namespace',
      [image('app')],
      ['--namespace=--all-namespaces'],
      3,
      'is not the name of a namespace',
    ],
    ['an invalid prefix', [image('app')], ['--configmap-prefix=Not_A_Name'], 3, 'cannot be published as ConfigMap'],
    ['an invalid name', [image('app')], ['--configmap=Not_A_Name'], 3, 'give another --configmap'],
    ['one name for two images', [image('a'), image('b')], ['--configmap=x'], 3, '--configmap names one ConfigMap'],
    ['a URL over two lines', [image('app')], ['--git-url=a\nb'], 3, 'is not a URL'],
    ['an image without a digest', [{ imageName: 'app', tag: 'app:v1' }], [], 3, 'image "app" has no digest'],
    ['an unknown image', [image('app')], ['--image-name=nope'], 3, 'has no image "nope"'],
    ['a name that is too long', [image('app')], [`--configmap-prefix=${'x'.repeat(250)}`], 3, 'Kubernetes allows 253'],
    [
      'two images for one name',
      [image('team/app'), image('team-app')],
      [],
      6,
      'would share the ConfigMap image-info-team-app',
    ],
    [
      'an image built from uncommitted changes',
      [{ imageName: 'app', tag: `registry.example.com/app:abc1234-dirty@${one}` }],
      [],
      6,
      'was built from files that differ from the commit',
    ],
    ['an unknown output', [image('app')], ['--result=nope=/tmp/x'], 2, 'CONFIGMAPS'],
  ])('%s is refused', async (_, builds, flags, code, words) => {
    const ended = await publish(builds, {}, ...flags);
    expect(ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining(words) });
  });

  test('without a cluster it says so', async () => {
    const ended = await publish([image('app')], { KUBECONFIG: '/dev/null', KUBERNETES_SERVICE_HOST: '' });
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no cluster is configured') });
  });
});

describe('in a directory', () => {
  const alone = {
    PATH: process.env.PATH ?? '',
    KUBECONFIG: '/dev/null',
    KUBERNETES_SERVICE_HOST: '',
    OP_STORE: 'directory:images',
  };
  const file = (name: string) => join(room, 'images/config-maps', name);

  test('writes the ConfigMap of each image as a file for kubectl apply, and says where', async () => {
    const ended = await publish(
      [image('team/App_1'), image('front', two)],
      alone,
      '--git-url=https://example.com/shop.git',
    );
    expect(ended).toMatchObject({ exitCode: 0 });
    const said = ended.stderr.trimEnd().split('\n');
    expect(said[0]).toBe(`publish 2 images of build_result.json to the directory ${join(room, 'images')}`);
    expect(said.at(-1)).toBe(
      `published 2 of 2; see it with: cat ${file('image-info-team-app-1.yaml')} ${file('image-info-front.yaml')}`,
    );
    expect(parse(await readFile(file('image-info-team-app-1.yaml'), 'utf8'))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'image-info-team-app-1',
        labels: { 'app.kubernetes.io/managed-by': 'octopipeline', 'app.kubernetes.io/component': 'image-info' },
        annotations: { 'octopipeline/git-url': 'https://example.com/shop.git' },
      },
      data: {
        'image-name': 'team/App_1',
        'image-url': 'registry.example.com:5000/team/team/app_1:v1',
        'image-digest': one,
        'git-revision': commit,
        'build-timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
      },
    });
  });

  test('keeps what is up to date, refuses what holds another image, and writes a new digest', async () => {
    await publish([image('same')], alone);
    const before = await readFile(file('image-info-same.yaml'), 'utf8');
    expect((await publish([image('same')], alone)).stderr).toContain('nothing to publish: already up to date');
    expect(await readFile(file('image-info-same.yaml'), 'utf8')).toBe(before);
    const changed = await publish([image('same', two)], alone, '--debug');
    expect(changed.stderr).toContain('sha256:111111111111 -> sha256:222222222222');
    expect(await publish([image('Same')], alone)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('it holds the image "same"'),
    });
  });

  test('writes the one image into the ConfigMap that is named', async () => {
    const named = ['--configmap=oc-mirror-images', '--store=directory:named'];
    expect(await publish([image('oc-mirror')], {}, ...named)).toMatchObject({ exitCode: 0 });
    const { metadata, data } = parse(await readFile(join(room, 'named/config-maps/oc-mirror-images.yaml'), 'utf8'));
    expect(metadata.name).toBe('oc-mirror-images');
    expect(data).toMatchObject({ 'image-name': 'oc-mirror', 'image-digest': one });
  });

  test('the flag goes before OP_STORE, and that before the properties file', async () => {
    const flag = await publish([image('app')], alone, '--store=directory:flag');
    expect(flag.stderr).toContain(`to the directory ${join(room, 'flag')}`);
    await writeFile(join(room, 'x.properties'), 'OP_STORE=directory:filed\n');
    const { OP_STORE: _, ...without } = alone;
    const filed = await publish([image('app')], without, '--config=x.properties');
    expect(filed.stderr).toContain(`to the directory ${join(room, 'filed')}`);
    expect((await publish([image('app')], alone, '--config=x.properties')).stderr).toContain('/images');
  });

  test.each([
    'etcd',
    'directory:',
    'directory:a\nb',
    'Cluster',
    '/tmp',
    'git:',
    'https://ann:s3cret@example.com/x.git',
  ])('the store %j is refused', async (store) => {
    const ended = await publish([image('app')], { ...alone, OP_STORE: store });
    expect(ended).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('is not a store (OP_STORE, environment)'),
    });
    expect(ended.stderr).not.toContain('s3cret');
  });
});

describe('in a branch of a Git repository', () => {
  let host: GitHost;
  let repository: HostedRepository;
  beforeAll(async () => {
    host = await startGitHost({ 'http.receivepack': 'true' });
    repository = await host.repository('shop.git');
  });
  afterAll(() => host?.stop());
  const at = (branch = '') => ({
    PATH: process.env.PATH ?? '',
    KUBECONFIG: '/dev/null',
    KUBERNETES_SERVICE_HOST: '',
    OP_STORE: `git:${repository.url}${branch}`,
  });
  const show = (...args: string[]) => execFileSync('git', ['-C', repository.bare, ...args], { encoding: 'utf8' });

  test('writes the ConfigMap of each image as a file for kubectl apply, in one commit, and says where', async () => {
    const ended = await publish([image('team/App_1'), image('front', two)], at('#images'));
    expect(ended).toMatchObject({ exitCode: 0 });
    const said = ended.stderr.trimEnd().split('\n');
    expect(said[0]).toBe(`publish 2 images of build_result.json to branch images of ${repository.url}`);
    expect(said.at(-1)).toContain(
      `see it with: git fetch ${repository.url} images && git show FETCH_HEAD:octopipeline/`,
    );
    const front = parse(show('show', 'images:octopipeline/config-maps/image-info-front.yaml'));
    expect(front).toMatchObject({ kind: 'ConfigMap', data: { 'image-name': 'front', 'image-digest': two } });
    expect(show('log', '--format=%s', 'images')).toBe('Change 2 documents\n');
    const again = await publish([image('team/App_1'), image('front', two)], at('#images'));
    expect(again.stderr).toContain('nothing to publish: already up to date');
    const changed = await publish([image('front')], at('#images'), '--debug');
    expect(changed.stderr).toContain('sha256:222222222222 -> sha256:111111111111');
    expect(show('log', '--reverse', '--format=%s', 'images')).toBe(
      'Change 2 documents\nChange config-maps/image-info-front\n',
    );
  });

  test('uses the branch octopipeline when none is named', async () => {
    expect(await publish([image('app')], at())).toMatchObject({ exitCode: 0 });
    expect(show('ls-tree', '-r', '--name-only', 'octopipeline')).toBe('octopipeline/config-maps/image-info-app.yaml\n');
  });
});

describe.skipIf(missingTools.length > 0)('on a real API server', () => {
  let api: KubernetesApi;

  beforeAll(async () => {
    api = await startKubernetesApi();
    await api.kubectl(['create', 'namespace', 'shop']);
    const rights = ['--verb=get,create,patch', '--resource=configmaps'];
    await api.kubectl(['create', 'role', 'octopipeline-build-push', '--namespace=shop', ...rights]);
    const binding = [
      'create',
      'rolebinding',
      'octopipeline-build-push',
      '--namespace=shop',
      '--role=octopipeline-build-push',
    ];
    await api.kubectl([...binding, '--serviceaccount=shop:octopipeline-build-push']);
  }, 120_000);
  afterAll(() => api?.stop());

  const as = (user: User, namespace?: string) => ({ KUBECONFIG: api.kubeconfig(user, namespace) });
  const read = async (name: string) =>
    JSON.parse(await api.kubectl(['get', 'configmap', name, '--namespace=shop', '--output=json']));

  test('writes one ConfigMap for each image, with the rights of the Role alone', async () => {
    const result = join(room, 'configmaps');
    const flags = [
      '--namespace=shop',
      '--git-url=https://bob:pw@example.com/shop.git',
      `--result=CONFIGMAPS=${result}`,
    ];
    const ended = await publish([image('team/App_1'), image('front', two)], as('builder'), ...flags);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr.split('\n')[0]).toBe('publish 2 images of build_result.json to namespace shop');
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toBe(
      'published 2 of 2; see it with: kubectl get configmap image-info-team-app-1 image-info-front --namespace shop --output yaml',
    );
    const { data, metadata } = await read('image-info-team-app-1');
    expect(data).toEqual({
      'image-name': 'team/App_1',
      'image-url': 'registry.example.com:5000/team/team/app_1:v1',
      'image-digest': one,
      'git-revision': commit,
      'build-timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
    });
    expect(metadata.annotations).toEqual({ 'octopipeline/git-url': 'https://example.com/shop.git' });
    expect((await read('image-info-front')).data['image-digest']).toBe(two);
  });

  test('reports an unchanged image and keeps its timestamp; writes a new digest or commit', async () => {
    await publish([image('same')], as('builder', 'shop'));
    const old = '2020-01-01T00:00:00Z';
    const patch = JSON.stringify({ data: { 'build-timestamp': old, note: 'of someone else' } });
    await api.kubectl([
      'patch',
      'configmap',
      'image-info-same',
      '--namespace=shop',
      '--type=merge',
      `--patch=${patch}`,
    ]);
    const again = await publish([image('same')], as('builder', 'shop'), '--debug');
    expect(again).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`image-info-same: unchanged since ${old}`),
    });
    expect(again.stderr).toContain('nothing to publish');
    expect((await read('image-info-same')).data['build-timestamp']).toBe(old);

    const changed = await publish([image('same', two)], as('builder', 'shop'), '--debug');
    expect(changed).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('sha256:111111111111 -> sha256:222222222222'),
    });
    // kubectl patched the timestamp above, so op no longer owns that field.
    expect(changed.stderr).toContain('overwriting what kubectl-patch changed');
    const { data } = await read('image-info-same');
    expect(data).toMatchObject({ 'image-digest': two, note: 'of someone else' });
    expect(data['build-timestamp']).not.toBe(old);

    const later = await publish(
      [image('same', two)],
      as('builder', 'shop'),
      '--debug',
      `--git-revision=${'b'.repeat(40)}`,
    );
    expect(later.stderr).toContain('now of commit bbbbbbbbbbbb');
    expect((await read('image-info-same')).data['git-revision']).toBe('b'.repeat(40));
  });

  test('says so when another repository published the same name before', async () => {
    const from = (name: string) => `--git-url=https://example.com/${name}.git`;
    await publish([image('shared')], as('builder', 'shop'), from('left'));
    const ended = await publish([image('shared', two)], as('builder', 'shop'), from('right'));
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).toContain(
      'warning: image-info-shared was published from https://example.com/left.git, and now from https://example.com/right.git; give each repository its own --configmap-prefix',
    );
  });

  test('marks an image that the build found, until a build makes a new one', async () => {
    const found = `--reused-images=${image('found').tag},${image('other').tag}`;
    await publish([image('found'), image('made')], as('builder', 'shop'), found);
    expect((await read('image-info-found')).metadata.annotations).toEqual({ 'octopipeline/reused': 'true' });
    expect((await read('image-info-made')).metadata.annotations).toBeUndefined();
    await publish([image('found', two)], as('builder', 'shop'));
    expect((await read('image-info-found')).metadata.annotations).toEqual({ 'octopipeline/reused': 'false' });
    await publish([image('first'), image('second'), image('third')], as('builder', 'shop'), '--reused-images=#2-3');
    expect((await read('image-info-first')).metadata.annotations).toBeUndefined();
    expect((await read('image-info-third')).metadata.annotations).toEqual({ 'octopipeline/reused': 'true' });
  });

  test('publishes only the image that is named', async () => {
    const ended = await publish(
      [image('first'), image('second')],
      as('builder', 'shop'),
      '--image-name=second',
      '--configmap-prefix=only',
    );
    expect(ended).toMatchObject({ exitCode: 0 });
    const names = await api.kubectl(['get', 'configmap', '--namespace=shop', '--output=name']);
    expect(names).toContain('configmap/only-second');
    expect(names).not.toContain('configmap/only-first');
  });

  test('takes the file of a store that is a directory, and knows it as its own', async () => {
    await publish([image('moved')], { KUBECONFIG: '/dev/null' }, '--store=directory:moved');
    const file = join(room, 'moved/config-maps/image-info-moved.yaml');
    await api.kubectl(['apply', '--namespace=shop', `--filename=${file}`]);
    const ended = await publish([image('moved')], as('builder', 'shop'));
    expect(ended.stderr).toContain('nothing to publish: already up to date');
  });

  test('refuses a ConfigMap that op did not create, and one of another image', async () => {
    await api.kubectl([
      'create',
      'configmap',
      'image-info-theirs',
      '--namespace=shop',
      '--from-literal=image-name=theirs',
    ]);
    const theirs = await publish([image('mine'), image('theirs')], as('builder', 'shop'));
    expect(theirs).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('it was not created by op') });
    expect(await api.kubectl(['get', 'configmap', '--namespace=shop', '--output=name'])).not.toContain(
      'image-info-mine',
    );
    await publish([image('a/b')], as('builder', 'shop'));
    const other = await publish([image('a-b')], as('builder', 'shop'));
    expect(other).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('it holds the image "a/b"') });
  });

  test('without the rights it prints the command that grants them', async () => {
    const command =
      'kubectl create rolebinding octopipeline-build-push --role=octopipeline-build-push --serviceaccount=shop:octopipeline-build-push';
    const ended = await publish([image('app')], as('default'), '--namespace=shop');
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining(command) });
    expect(ended.stderr).toContain('run it as the service account octopipeline-build-push');
    const elsewhere = await publish([image('app')], as('builder'), '--namespace=default');
    expect(elsewhere).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('--serviceaccount=default:octopipeline-build-push'),
    });
  });

  test('a token that the server does not know', async () => {
    const ended = await publish([image('app')], as('nobody'), '--namespace=shop');
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('does not accept the token') });
  });

  test('a namespace that does not exist', async () => {
    const ended = await publish([image('app')], as('admin'), '--namespace=nowhere');
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('the namespace does not exist') });
  });

  test('a server that does not answer', async () => {
    const path = join(room, 'down');
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      users: [{ name: 'x', user: { token: 'x' } }],
      'current-context': 'x',
    });
    await writeFile(path, text);
    const ended = await publish([image('app')], { KUBECONFIG: path });
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the API server cannot be reached') });
  });
});
