import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  kubernetesPath,
  missingTools,
  type KubernetesApi as Server,
  startKubernetesApi,
  type User,
} from '../../../../test/op/kubernetes-api.js';
import { testContext } from '../../../../test/op/test-context.js';
import { findTool, withTools } from '../../../../test/tools.js';
import { Interrupted } from '../../kit/errors/op-error.js';
import { readRequest } from '../../kit/options/read-request.js';
import { helmTest } from './helm-test.js';
import { type HelmTestFlags, helmTestOptions } from './options.js';

describe.skipIf(missingTools.length > 0)('on a real API server, where the test plays the kubelet', () => {
  let server: Server;
  let room: string;
  let path: string;

  beforeAll(async () => {
    path = [kubernetesPath, withTools(['helm']).PATH].join(delimiter);
    room = await mkdtemp(join(tmpdir(), 'helm-test-'));
    server = await startKubernetesApi();
    for (const namespace of ['shop', 'flux', 'elsewhere']) await server.kubectl(['create', 'namespace', namespace]);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await rm(room, { recursive: true, force: true });
  });

  interface Hook {
    readonly kind?: string;
    readonly weight?: number;
    readonly policy?: string;
    readonly namespace?: string;
  }
  const podSpec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] };
  const manifest = (name: string, { kind = 'Pod', weight = 0, policy, namespace }: Hook) => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'v1',
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      annotations: {
        'helm.sh/hook': 'test',
        'helm.sh/hook-weight': String(weight),
        ...(policy && { 'helm.sh/hook-delete-policy': policy }),
      },
    },
    ...(kind === 'Pod' && { spec: podSpec }),
    ...(kind === 'Job' && { spec: { backoffLimit: 0, template: { spec: podSpec } } }),
  });
  const helm = (...args: string[]) =>
    execa('helm', args, { env: { PATH: path, HOME: room, KUBECONFIG: server.kubeconfig('admin') }, extendEnv: false });

  /** Installs a chart with only a ConfigMap and these tests. */
  async function install(release: string, tests: Readonly<Record<string, Hook>>, namespace = 'shop') {
    const chart = join(room, release);
    await mkdir(join(chart, 'templates'), { recursive: true });
    await writeFile(join(chart, 'Chart.yaml'), JSON.stringify({ apiVersion: 'v2', name: 'sample', version: '1.0.0' }));
    const objects = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${release}-settings` } },
      ...Object.entries(tests).map(([name, hook]) => manifest(name, hook)),
    ];
    await writeFile(join(chart, 'templates', 'all.yaml'), objects.map((one) => JSON.stringify(one)).join('\n---\n'));
    await helm('upgrade', '--install', release, chart, `--namespace=${namespace}`);
  }

  const defaults: HelmTestFlags = {
    ...readRequest('helm-test', helmTestOptions, {}),
    ...{ namespace: 'shop', timeout: 30_000 },
  };
  function start(
    flags: Partial<HelmTestFlags>,
    { user = 'admin', signal }: { user?: User; signal?: AbortSignal } = {},
  ) {
    const env = {
      PATH: path,
      HOME: room,
      KUBECONFIG: server.kubeconfig(user),
      HELM_DEBUG: 'true',
      HELM_NAMESPACE: 'default',
    };
    const { context, printed } = testContext({ env, cwd: room, ...(signal && { signal }) });
    const result = helmTest(context, { ...defaults, ...flags });
    result.catch(() => undefined);
    return { result, printed };
  }

  async function until(args: readonly string[], holds: (answer: string) => boolean): Promise<void> {
    for (const end = Date.now() + 15_000; ; await wait(50)) {
      const answer = await server.kubectl([...args, '--ignore-not-found']);
      if (holds(answer)) return;
      if (Date.now() > end) throw new Error(`kubectl ${args.join(' ')}: ${answer}`);
    }
  }
  const there = (what: string, namespace = 'shop') =>
    until(['get', what, `--namespace=${namespace}`, '--output=name'], (answer) => answer !== '');
  const set = (what: string, status: object, namespace = 'shop') =>
    server.kubectl([
      ...['patch', what, `--namespace=${namespace}`, '--subresource=status', '--type=merge'],
      `--patch=${JSON.stringify({ status })}`,
    ]);
  const ended = (exitCode: number, reason: string) => [
    {
      ...{ name: 'main', image: 'busybox', imageID: '', ready: false, restartCount: 0, containerID: 'containerd://1' },
      state: { terminated: { exitCode, reason, startedAt: null, finishedAt: null } },
    },
  ];
  const passes = async (name: string, namespace = 'shop') => {
    await there(`pod/${name}`, namespace);
    await set(`pod/${name}`, { phase: 'Running' }, namespace);
    await set(`pod/${name}`, { phase: 'Succeeded', containerStatuses: ended(0, 'Completed') }, namespace);
  };
  const fails = async (name: string) => {
    await there(`pod/${name}`);
    await set(`pod/${name}`, { phase: 'Failed', containerStatuses: ended(3, 'Error') });
  };
  const podsOf = async (name: string) =>
    server.kubectl(['get', `pod/${name}`, '--namespace=shop', '--output=name', '--ignore-not-found']);

  test('tests pass one after the other, and a removal by hook policy does not hide that', async () => {
    await install('good', { 'good-second': { weight: 2 }, 'good-first': { weight: 1, policy: 'hook-succeeded' } });
    const { result, printed } = start({ release: 'good' });
    await passes('good-first');
    await passes('good-second');
    await result;
    expect(printed[0]).toBe('run 2 tests of release good (revision 1) in namespace shop: good-first, good-second');
    expect(printed).toContainEqual(expect.stringMatching(/^test good-first \(Pod\): passed in [\d.]+ s$/u));
    expect(printed.at(-1)).toBe(
      '2 tests of release good (revision 1) in namespace shop passed; see them: helm get hooks good --namespace shop',
    );
    expect(await podsOf('good-first')).toBe('');
    expect(await podsOf('good-second')).not.toBe('');
    // Again: helm replaces the Pod of the first run, whose success does not count any more.
    const again = start({ release: 'good' });
    await passes('good-first');
    await wait(500);
    await until(
      ['get', 'pod/good-second', '--namespace=shop', '--output=jsonpath={.status.phase}'],
      (phase) => phase === 'Pending',
    );
    await passes('good-second');
    await again.result;
  });

  test('a test that fails is reported with its exit code, and those after it as not run', async () => {
    await install('bad', { 'bad-a': {}, 'bad-b': {}, 'bad-c': { weight: -1 } });
    const { result, printed } = start({ release: 'bad' });
    await passes('bad-c');
    await fails('bad-a');
    await expect(result).rejects.toMatchObject({
      kind: 'refused',
      message: '2 of 3 tests of release bad in namespace shop did not pass',
      why: 'bad-a: container main ended with exit code 3 (Error)\nbad-b: not run, a test before it did not pass',
      hint: expect.stringContaining('kubectl logs pod/bad-a --namespace shop'),
    });
    expect(printed.slice(-3)).toEqual([
      expect.stringMatching(/^test bad-c \(Pod\): passed/u),
      'test bad-a (Pod): failed: container main ended with exit code 3 (Error)',
      'test bad-b (Pod): not run: a test before it did not pass',
    ]);
    expect(await podsOf('bad-a')).not.toBe('');
  });

  test('a Pod that is deleted before it finishes has not passed, which helm would count', async () => {
    await install('gone', { 'gone-test': {} });
    const { result } = start({ release: 'gone' });
    await there('pod/gone-test');
    await set('pod/gone-test', { phase: 'Running' });
    await server.kubectl(['delete', 'pod', 'gone-test', '--namespace=shop', '--force']);
    await expect(result).rejects.toMatchObject({
      kind: 'refused',
      why: 'gone-test: its Pod was deleted before it finished',
    });
  });

  test.each([
    ['passes', 'Complete', 'SuccessCriteriaMet'],
    ['fails', 'Failed', 'FailureTarget'],
  ])('a Job %s', async (word, type, before) => {
    const name = `job-${word}`;
    await install(name, { [name]: { kind: 'Job' } });
    const { result } = start({ release: name });
    await there(`job/${name}`);
    const at = new Date().toISOString().replace(/\.\d+Z$/u, 'Z');
    const conditions = [before, type].map((one) => ({
      ...{ type: one, status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: at, lastProbeTime: at },
    }));
    const more = type === 'Complete' ? { completionTime: at, succeeded: 1 } : { failed: 1 };
    await set(`job/${name}`, { startTime: at, conditions, uncountedTerminatedPods: {}, ...more });
    if (type === 'Complete') await result;
    else {
      await expect(result).rejects.toMatchObject({
        kind: 'refused',
        why: `${name}: its Job failed: BackoffLimitExceeded`,
      });
    }
  });

  test('a release without tests does not pass, unless allowed; a ConfigMap is not a test', async () => {
    await install('untested', { 'untested-settings-of-tests': { kind: 'ConfigMap' } });
    await expect(start({ release: 'untested' }).result).rejects.toMatchObject({
      kind: 'refused',
      message: 'release untested (revision 1) in namespace shop has no tests',
    });
    const allowed = start({ release: 'untested', allowNoTests: true });
    await allowed.result;
    expect(allowed.printed).toEqual([expect.stringContaining('has no tests, which --allow-no-tests allows')]);
  });

  describe('a chart cannot use the rights of op elsewhere:', () => {
    /** Installs a chart whose tests are written like this, with one that would pass. */
    const installText = async (release: string, text: string) => {
      await install(release, { [`${release}-test`]: {} });
      await writeFile(join(room, release, 'templates', 'more.yaml'), text);
      await helm('upgrade', '--install', release, join(room, release), '--namespace=shop');
    };
    const annotations = 'annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: before-hook-creation}';
    const pod = (metadata: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: steal\n  ${annotations}\n  ${metadata}\nspec: {containers: [{name: a, image: b}]}\n`;
    const configMap = (kind: string, more: string) =>
      `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: settings\n  ${annotations}\n${more}`;

    const notRun = /^the tests of the release are not run$/u;

    beforeAll(() => server.kubectl(['create', 'configmap', 'settings', '--namespace=elsewhere', '--from-literal=a=b']));

    test.each([
      ['pod', 'a Pod in another namespace', pod('namespace: elsewhere'), /^Pod steal .* in namespace elsewhere$/u],
      ['merge', 'one whose namespace is merged in', pod('<<: {namespace: elsewhere}'), notRun],
      ['map', 'a ConfigMap that replaces one there', configMap('ConfigMap', '  namespace: elsewhere\n'), /^ConfigMap/u],
      ['list', 'a List with objects of there', configMap('List', ''), /^List settings .* is not created$/u],
      [
        'items',
        'a ConfigMap with items, which is a list for helm',
        configMap(
          'ConfigMap',
          `items:\n- ${JSON.stringify(manifest('settings', { kind: 'ConfigMap', namespace: 'elsewhere' }))}\n`,
        ),
        notRun,
      ],
      ['merged', 'one whose items are merged in', configMap('ConfigMap', '<<: {items: []}\n'), notRun],
      [
        'overwritten',
        'one whose namespace is overwritten',
        pod('namespace: shop\n  <<: {namespace: elsewhere}'),
        notRun,
      ],
      ['break', 'one with another line break', pod('namespace: shop #\u2028  namespace: elsewhere'), notRun],
      ['next', 'one with yet another', pod('namespace: shop #\u0085  namespace: elsewhere'), notRun],
      ['anchor', 'one with an anchor', pod('namespace: &a shop'), notRun],
      ['tag', 'one with a tag', pod('namespace: !!str shop'), notRun],
      ['twice', 'one that is there twice', pod('namespace: shop\n  "namespace": elsewhere'), notRun],
      [
        'version',
        'a kind of that name in another group',
        configMap('ConfigMap', '').replace('apiVersion: v1', 'apiVersion: example.com/v1'),
        /^ConfigMap settings .* is not created$/u,
      ],
      ['role', 'what belongs to no namespace', configMap('Namespace', ''), /^Namespace settings .* is not created$/u],
    ])('%s: %s', async (name, _, text, message) => {
      await installText(`evil-${name}`, text);
      await expect(start({ release: `evil-${name}` }).result).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(message),
      });
      expect(await podsOf(`evil-${name}-test`)).toBe('');
      const untouched = ['get', 'configmap', 'settings', '--namespace=elsewhere', '--output=jsonpath={.data.a}'];
      expect(await server.kubectl(untouched)).toBe('b');
    });
  });

  /** Changes the manifest of the first hook of a release where helm stores it. */
  async function storeManifest(release: string, text: string) {
    const at = ['secret', `sh.helm.release.v1.${release}.v1`, '--namespace=shop'];
    const secret = JSON.parse(await server.kubectl(['get', ...at, '--output=json']));
    const packed = Buffer.from(Buffer.from(secret.data.release, 'base64').toString(), 'base64');
    const stored = JSON.parse(gunzipSync(packed).toString());
    stored.hooks[0].manifest = text;
    const again = gzipSync(JSON.stringify(stored)).toString('base64');
    const data = { release: Buffer.from(again).toString('base64') };
    await server.kubectl(['patch', ...at, '--type=merge', `--patch=${JSON.stringify({ data })}`]);
  }

  test.each(['---#:', '---  #:', '--- ', '...'])(
    'a stored release with a line %j, which Kubernetes may take for the end of an object',
    async (line) => {
      await install('stored', { 'stored-test': { namespace: 'shop' } });
      const [test, other] = ['stored-test', 'stored-other'].map((name, index) =>
        JSON.stringify(manifest(name, { namespace: ['shop', 'elsewhere'][index] ?? '' })),
      );
      const inBlock = `apiVersion: v1\nkind: Pod\nmetadata: {name: stored-test, namespace: shop}\n${line}\n  ${other}\n`;
      for (const text of [inBlock, `${test}\n${line}\n${other}\n`]) {
        await storeManifest('stored', text);
        await expect(start({ release: 'stored' }).result).rejects.toMatchObject({
          kind: 'refused',
          message: 'the tests of the release are not run',
        });
      }
      await helm('uninstall', 'stored', '--namespace=shop', '--no-hooks');
    },
  );

  test('a release that is changed after the check: what was checked is created', async () => {
    await install('raced', { 'raced-first': {}, 'raced-second': { weight: 1 } });
    const { result } = start({ release: 'raced' });
    await there('pod/raced-first');
    await storeManifest('raced', JSON.stringify(manifest('raced-other', { namespace: 'elsewhere' })));
    await passes('raced-first');
    await passes('raced-second');
    await result;
    const others = ['get', 'pods', '--namespace=elsewhere', '--output=name'];
    expect(await server.kubectl(others)).not.toContain('raced-other');
  });

  test('what is written in plain YAML is created as helm would, and removed by its policy', async () => {
    await install('plain-text', {});
    const text = `# A comment: é — fine
apiVersion: v1
kind: ConfigMap
metadata:
  name: plain-text-script
  annotations: {"helm.sh/hook": test, "helm.sh/hook-weight": "-5", "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded"}
data:
  run.sh: |
    cat <<EOF
    <<
    &not *an !anchor
    --- neither
    EOF
  folded: >-
    one
    line
---
apiVersion: v1
kind: Pod
metadata:
  name: plain-text-test
  namespace: {{ .Release.Namespace }}
  annotations:
    helm.sh/hook: test
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 010
  containers:
    - name: main
      image: busybox:1.36
      command: ["sh", '-c', "test 1 = 1"]
`;
    await writeFile(join(room, 'plain-text', 'templates', 'more.yaml'), text);
    await helm('upgrade', '--install', 'plain-text', join(room, 'plain-text'), '--namespace=shop');
    const { result } = start({ release: 'plain-text' });
    await there('pod/plain-text-test');
    const get = async (what: string) =>
      JSON.parse(await server.kubectl(['get', what, '--namespace=shop', '--output=json']));
    expect((await get('configmap/plain-text-script')).data).toEqual({
      'run.sh': 'cat <<EOF\n<<\n&not *an !anchor\n--- neither\nEOF\n',
      folded: 'one line',
    });
    expect((await get('pod/plain-text-test')).spec).toMatchObject({
      terminationGracePeriodSeconds: 8,
      containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', 'test 1 = 1'] }],
    });
    await passes('plain-text-test');
    await result;
    const left = ['get', 'configmap/plain-text-script', '--namespace=shop', '--ignore-not-found', '--output=name'];
    expect(await server.kubectl(left)).toBe('');
  });

  test('only the tests that the filter names; a missing test cannot pass', async () => {
    await install('some', { 'some-a': {}, 'some-b': {}, 'some-c': {} });
    const one = start({ release: 'some', filter: ['some-b'] });
    await passes('some-b');
    await one.result;
    expect(one.printed[0]).toMatch(/^run 1 test .*: some-b$/u);
    const others = start({ release: 'some', filter: ['!name=some-b', '!name=some-a'] });
    await passes('some-c');
    await others.result;
    expect(others.printed[0]).toMatch(/^run 1 test .*: some-c$/u);
    await expect(start({ release: 'some', filter: ['some-d'] }).result).rejects.toMatchObject({
      kind: 'refused',
      message: 'release some has no test "some-d"',
      why: '--filter names it, but the tests of its chart are: some-a, some-b, some-c',
    });
  });

  test('at the deadline it says what it waited for, and removes the Pod', async () => {
    await install('slow', { 'slow-test': {} });
    const { result, printed } = start({ release: 'slow', timeout: 4000 });
    await there('pod/slow-test');
    const waiting = { reason: 'CreateContainerConfigError', message: 'secret "x" not found' };
    const [status] = ended(0, '');
    await set('pod/slow-test', {
      phase: 'Pending',
      containerStatuses: [{ ...status, containerID: '', state: { waiting } }],
    });
    const why = 'test slow-test: container main waits: CreateContainerConfigError, secret "x" not found';
    await expect(result).rejects.toMatchObject({
      kind: 'deadline',
      message: 'the tests of release slow in namespace shop timed out after 4 s',
      why,
    });
    expect(printed).toContain(why);
    expect(printed.slice(-2)).toEqual([
      'removed Pod slow-test of the stopped test',
      'test slow-test (Pod): container main waits: CreateContainerConfigError, secret "x" not found',
    ]);
    expect(await podsOf('slow-test')).toBe('');
  });

  test('an image that cannot be pulled ends it early', async () => {
    await install('image', { 'image-test': {} });
    const { result, printed } = start({ release: 'image' });
    await there('pod/image-test');
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x": ErrImagePull: not found' };
    const [status] = ended(0, '');
    await set('pod/image-test', {
      phase: 'Pending',
      containerStatuses: [{ ...status, containerID: '', state: { waiting } }],
    });
    await expect(result).rejects.toMatchObject({
      kind: 'refused',
      message: 'test image-test cannot start',
      why: 'container main waits: ImagePullBackOff, Back-off pulling image "x": ErrImagePull: not found',
    });
    expect(printed.at(-1)).toBe('removed Pod image-test of the stopped test');
  });

  test('Ctrl-C removes what this run started, and nothing else', async () => {
    await install('stop', { 'stop-first': {}, 'stop-later': { weight: 1 } });
    await server.kubectl(['run', 'stop-later', '--image=busybox', '--namespace=shop']);
    const stop = new AbortController();
    const { result } = start({ release: 'stop' }, { signal: stop.signal });
    await there('pod/stop-first');
    stop.abort(new Interrupted('SIGINT'));
    await expect(result).rejects.toThrow('stopped by SIGINT');
    expect(await podsOf('stop-first')).toBe('');
    expect(await podsOf('stop-later')).not.toBe('');
  });

  test('a release that does not exist, and one that is not deployed', async () => {
    await expect(start({ release: 'nope' }).result).rejects.toMatchObject({
      kind: 'input',
      why: 'release not found in namespace shop',
    });
    await install('broken', { 'broken-test': {} });
    const chart = join(room, 'broken', 'templates', 'all.yaml');
    await writeFile(
      chart,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'broken', namespace: 'nowhere' } }),
    );
    await expect(helm('upgrade', 'broken', join(room, 'broken'), '--namespace=shop')).rejects.toThrow();
    await expect(start({ release: 'broken' }).result).rejects.toMatchObject({
      kind: 'refused',
      why: 'its revision 2 is failed, not deployed',
    });
  });

  test('a release that is upgraded while it is tested', async () => {
    await install('moved', { 'moved-test': {} });
    const { result } = start({ release: 'moved' });
    await there('pod/moved-test');
    await helm('upgrade', 'moved', join(room, 'moved'), '--namespace=shop');
    await passes('moved-test');
    await expect(result).rejects.toMatchObject({ kind: 'refused', why: 'revision 1 became 2 while its tests ran' });
  });

  test('missing permissions are named, for helm and for op', async () => {
    await install('rights', { 'rights-test': {} });
    const hint = (role: string) =>
      expect.stringContaining(`--role=octopipeline-${role} --serviceaccount=shop:default --namespace=shop`);
    await expect(start({ release: 'rights' }, { user: 'default' }).result).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('system:serviceaccount:shop:default has no right to list secrets in namespace shop'),
      hint: hint('helm-test'),
    });
    const rights = ['--verb=get,list', '--resource=secrets', '--namespace=shop'];
    await server.kubectl(['create', 'role', 'tests', ...rights]);
    await server.kubectl([
      'create',
      'rolebinding',
      'tests',
      '--role=tests',
      '--serviceaccount=shop:default',
      '--namespace=shop',
    ]);
    await expect(start({ release: 'rights' }, { user: 'default' }).result).rejects.toMatchObject({
      why: expect.stringContaining('has no right to list pods in namespace shop'),
      hint: hint('environment'),
    });
    await server.kubectl([
      'create',
      'role',
      'looks',
      '--verb=get,list,watch,delete',
      '--resource=pods',
      '--namespace=shop',
    ]);
    await server.kubectl([
      'create',
      'rolebinding',
      'looks',
      '--role=looks',
      '--serviceaccount=shop:default',
      '--namespace=shop',
    ]);
    await expect(start({ release: 'rights' }, { user: 'default' }).result).rejects.toMatchObject({
      kind: 'tool',
      message: expect.stringContaining('cannot create a Pod'),
      why: expect.stringContaining('has no right to create pods in namespace shop'),
      hint: hint('helm-test'),
    });
  });

  test('helm is not installed', async () => {
    const PATH = join(room, 'kubectl-only');
    await mkdir(PATH);
    await symlink(findTool('kubectl', path) ?? '', join(PATH, 'kubectl'));
    const { context } = testContext({ env: { PATH, HOME: room, KUBECONFIG: server.kubeconfig('admin') } });
    await expect(helmTest(context, { ...defaults, release: 'x' })).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('helm is not installed'),
    });
  });

  test('an API server that accepts connections and never answers ends at the deadline', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const kubeconfig = join(room, 'silent.yaml');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${port}` } }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        'current-context': 'a',
        users: [{ name: 'a', user: {} }],
      }),
    );
    try {
      await expect(start({ release: 'x', kubeconfig, timeout: 1500 }).result).rejects.toMatchObject({
        kind: 'deadline',
        message: 'cannot read the Helm release of x',
        hint: expect.stringContaining(`kubectl --kubeconfig=${kubeconfig} get --raw /readyz`),
      });
    } finally {
      silent.close();
    }
  });

  test.each([
    [{}, 'usage', 'op helm-test needs --release or --component'],
    [{ release: '--all' }, 'input', '--release="--all" is not a valid release name'],
    [{ release: 'a/../b' }, 'input', 'is not a valid release name'],
    [{ component: 'A b' }, 'input', '--component="A b"'],
    [{ release: 'x', filter: ['--logs'] }, 'input', 'invalid --filter="--logs"'],
    [{ release: 'x', filter: ['phase=x'] }, 'input', 'invalid --filter="phase=x"'],
    [{ release: 'x', leaseHolder: 'ann' }, 'usage', '--lease-holder needs --environment'],
    [{ release: 'x', environment: 'nope' }, 'input', 'unknown environment "nope"'],
  ])('flags that are refused (%#)', async (flags, kind, message) => {
    await expect(start(flags).result).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  describe('of an environment', () => {
    beforeAll(async () => {
      await server.kubectl(['apply', '--filename=-'], JSON.stringify(helmReleaseCrd));
      await server.kubectl(['wait', '--for=condition=Established', 'crd/helmreleases.helm.toolkit.fluxcd.io']);
      const base = { namespace: 'shop', component: 'web' };
      const environments = [
        { name: 'dev', ...base, namespace: 'flux', kind: 'HelmRelease', releaseNamespace: 'shop' },
        { name: 'quiet', ...base, tests: 'none' },
        { name: 'plain', ...base, component: 'plain' },
        { name: 'work', ...base, kind: 'Workload' },
        { name: 'empty', ...base, component: 'not-there', kind: 'HelmRelease' },
      ];
      await writeFile(join(room, 'environments.yaml'), JSON.stringify({ environments }));
    });
    const flags = (environment: string) => ({ environment, environments: 'environments.yaml' });
    const from = (environment: string, more: Partial<HelmTestFlags> = {}) => {
      const { namespace: _, ...rest } = defaults;
      const { context, printed } = testContext({
        env: { PATH: path, HOME: room, KUBECONFIG: server.kubeconfig('admin') },
        cwd: room,
      });
      const result = helmTest(context, { ...rest, ...flags(environment), ...more });
      result.catch(() => undefined);
      return { result, printed };
    };
    const helmRelease = async (name: string, spec: object, status?: object) => {
      const object = {
        apiVersion: 'helm.toolkit.fluxcd.io/v2',
        kind: 'HelmRelease',
        metadata: { name, namespace: 'flux' },
        spec,
        status,
      };
      await server.kubectl(['apply', '--filename=-'], JSON.stringify(object));
    };

    test('the release is the one that Flux has installed for the component', async () => {
      await install('shop-web', { 'web-test': { policy: 'hook-succeeded' } });
      await helmRelease(
        'web',
        { targetNamespace: 'shop', storageNamespace: 'shop' },
        { storageNamespace: 'shop', history: [{ name: 'shop-web' }] },
      );
      const { result, printed } = from('dev', { leaseHolder: 'ann', keepLease: true });
      await passes('web-test');
      await result;
      expect(printed[0]).toBe('Lease octopipeline-dev-web in namespace flux: created and taken by ann');
      // The last line is the verdict: that the Lease is kept is not told.
      expect(printed.at(-1)).toMatch(/^1 test of release shop-web .* passed/u);
      await helmRelease('web', { targetNamespace: 'shop', storageNamespace: 'shop' });
      const again = from('dev', { leaseHolder: 'ann' });
      await passes('web-test');
      await again.result;
      expect(again.printed.join('\n')).not.toMatch(/already held|taken by/u);
      expect(again.printed.at(-1)).toContain('released');
    });

    test('a release that Flux keeps elsewhere than it installs it', async () => {
      // As helm-controller does it: the Secret in one namespace, the objects in another.
      await install('split', { 'split-test': {} }, 'elsewhere');
      const secret = JSON.parse(
        await server.kubectl([
          'get',
          'secret',
          'sh.helm.release.v1.split.v1',
          '--namespace=elsewhere',
          '--output=json',
        ]),
      );
      await server.kubectl(
        ['create', '--filename=-'],
        JSON.stringify({
          ...secret,
          metadata: { name: secret.metadata.name, labels: secret.metadata.labels, namespace: 'flux' },
        }),
      );
      await helmRelease('split', { releaseName: 'split', targetNamespace: 'elsewhere' });
      const split = { component: 'split', releaseNamespace: 'elsewhere' };
      await expect(from('dev', split).result).rejects.toMatchObject({
        kind: 'refused',
        message: 'Pod split-test of the tests of release split would be created in namespace flux',
        hint: expect.stringContaining('set spec.storageNamespace: elsewhere'),
      });
    });

    test('without a HelmRelease it is the release of the same name', async () => {
      await install('plain', { 'plain-test': {} });
      const { result } = from('plain');
      await passes('plain-test');
      await result;
    });

    test('tests: none', async () => {
      const { result, printed } = from('quiet', { leaseHolder: 'ann' });
      await result;
      expect(printed).toEqual([
        'Lease octopipeline-quiet-web in namespace shop: created and taken by ann',
        'environment quiet has "tests: none": nothing is tested',
        'Lease octopipeline-quiet-web in namespace shop: released',
      ]);
    });

    test('a component that has no release', async () => {
      await expect(from('work').result).rejects.toMatchObject({
        kind: 'input',
        message: 'component web has no Helm release',
      });
      await expect(from('empty').result).rejects.toMatchObject({
        kind: 'input',
        message: 'HelmRelease not-there not found in namespace shop',
      });
      await helmRelease('remote', { kubeConfig: { secretRef: { name: 'other' } } });
      await expect(from('dev', { component: 'remote' }).result).rejects.toMatchObject({
        kind: 'input',
        message: 'HelmRelease remote is installed in another cluster',
      });
    });
  });
});

/** The part of Flux's CRD that is needed to find a release. */
const helmReleaseCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'helmreleases.helm.toolkit.fluxcd.io' },
  spec: {
    group: 'helm.toolkit.fluxcd.io',
    scope: 'Namespaced',
    names: { plural: 'helmreleases', kind: 'HelmRelease', singular: 'helmrelease' },
    versions: [
      {
        name: 'v2',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
