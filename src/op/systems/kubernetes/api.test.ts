import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  kubeconfigFor,
  kubernetesPath,
  missingTools,
  type KubernetesApi as Server,
  startKubernetesApi,
  type User,
} from '../../../../test/op/kubernetes-api.js';
import { freePort } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import type { Context } from '../../context.js';
import { Interrupted } from '../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds, openApi, type Where } from './api.js';

const configMap = (name: string, value: string) => ({ metadata: { name, labels: { app: 'a' } }, data: { value } });
let room: string;
let temporary: string;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'api-test-'));
  temporary = await mkdtemp(join(room, 'tmp-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));
/** op leaves nothing behind: no directory, and no kubectl. */
afterEach(async () => {
  expect(await readdir(temporary)).toEqual([]);
  expect(proxies()).toEqual([]);
});

/** The `kubectl proxy`s that this test process has started. */
function proxies(): readonly string[] {
  const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split(
    '\n',
  );
  return lines.filter((line) => line.includes('kubectl proxy')).map((line) => line.trim().split(' ')[0] ?? '');
}

const contextWith = (parts: Partial<Context> = {}) =>
  testContext({ ...parts, env: { PATH: kubernetesPath, TMPDIR: temporary, HOME: room, ...parts.env } }).context;
async function openIn<T>(where: Where, work: (api: KubernetesApi) => Promise<T>, parts: Partial<Context> = {}) {
  await using api = await openApi(contextWith(parts), where);
  return await work(api).catch(api.rethrow);
}

async function written(name: string, text: string): Promise<string> {
  const path = join(room, name);
  await writeFile(path, text);
  return path;
}

describe('without a server', () => {
  const never = async () => expect.unreachable();
  const list = (api: KubernetesApi) => api.list(kinds.pod);

  test('kubectl that is not installed', async () => {
    await expect(openIn({}, never, { env: { PATH: '/nowhere' } })).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('kubectl is not installed'),
    });
  });

  test('a kubeconfig that does not exist', async () => {
    const secret = join(room, 'secret');
    await mkdir(join(secret, '..data'), { recursive: true });
    await written('secret/pp.yaml', 's3cret');
    await expect(openIn({ kubeconfig: join(secret, 'none.yaml') }, never)).rejects.toMatchObject({
      kind: 'input',
      message: `cannot read the kubeconfig ${secret}/none.yaml`,
      why: expect.stringMatching(new RegExp(`\n${secret} has pp\\.yaml$`, 'u')),
    });
  });

  test('a malformed kubeconfig', async () => {
    const kubeconfig = await written('broken.yaml', 'a: [\n');
    await expect(openIn({ kubeconfig }, never)).rejects.toMatchObject({
      kind: 'input',
      why: expect.stringContaining('cannot be read'),
    });
  });

  test('a context that does not exist', async () => {
    const kubeconfig = await written('one.yaml', kubeconfigFor('admin', '', 1));
    await expect(openIn({ kubeconfig, context: 'prod' }, never)).rejects.toMatchObject({
      kind: 'input',
      why: `the kubeconfig ${kubeconfig} has no context "prod", but test`,
      hint: `use one of: kubectl config get-contexts --output=name --kubeconfig=${kubeconfig}`,
    });
  });

  test('no kubeconfig at all', async () => {
    await expect(openIn({}, list, { env: { KUBECONFIG: '/dev/null' } })).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('no cluster is configured'),
    });
  });

  test.each(['Not_A_Name', '--all-namespaces', 'a/b', '../x', ''])('%j is not a valid namespace', async (namespace) => {
    await expect(openIn({ namespace }, never)).rejects.toMatchObject({ kind: 'input' });
  });

  test('a server that cannot be reached', async () => {
    const kubeconfig = await written('down.yaml', kubeconfigFor('admin', 'shop', 1));
    await expect(openIn({ kubeconfig }, list)).rejects.toMatchObject({
      kind: 'tool',
      message: 'cannot list pods in namespace shop',
      why: expect.stringContaining('the API server cannot be reached'),
    });
  });

  test('a program for logging in that is missing', async () => {
    const config = JSON.parse(kubeconfigFor('admin', '', 1));
    config.users[0].user = {
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-login', interactiveMode: 'Never' },
    };
    const kubeconfig = await written('exec.yaml', JSON.stringify(config));
    await expect(openIn({ kubeconfig }, list)).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('logging in'),
    });
  });

  test('a path of a temporary directory that is too long for a socket', async () => {
    const kubeconfig = await written('one.yaml', kubeconfigFor('admin', 'deep', 1));
    const TMPDIR = await mkdtemp(join(room, `${'x'.repeat(100)}-`));
    expect(await openIn({ kubeconfig }, async (api) => api.namespace, { env: { TMPDIR } })).toBe('deep');
  });
});

describe.skipIf(missingTools.length > 0)('on a real API server', () => {
  let server: Server;

  beforeAll(async () => {
    server = await startKubernetesApi(['--watch-cache-sizes=configmaps#0']);
    await server.kubectl(['create', 'namespace', 'shop']);
  }, 120_000);
  afterAll(() => server?.stop());

  const as = <T>(user: User, work: (api: KubernetesApi) => Promise<T>, parts: Partial<Context> = {}) =>
    openIn({ kubeconfig: server.kubeconfig(user), namespace: 'shop' }, work, parts);

  test('an object is created, read, listed, changed and deleted', async () => {
    await as('admin', async (api) => {
      expect(api.namespace).toBe('shop');
      expect(await api.get(kinds.configMap, 'one')).toBeUndefined();
      const made = await api.create(kinds.configMap, configMap('one', '1'));
      expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { value: '1' } });
      expect(await api.create(kinds.configMap, configMap('one', '2'))).toBe('conflict');
      const patched = await api.patch(kinds.configMap, 'one', { data: { more: 'yes' } });
      expect(patched).toMatchObject({ data: { value: '1', more: 'yes' } });
      expect(await api.replace(kinds.configMap, made as KubeObject)).toBe('conflict');
      expect(await api.replace(kinds.configMap, { ...patched, data: { value: 'new' } })).toMatchObject({
        data: { value: 'new' },
      });
      const [listed, ...others] = await api.list(kinds.configMap, { labelSelector: 'app=a' });
      expect(listed).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'one' } });
      expect(listed?.metadata).not.toHaveProperty('managedFields');
      expect(others).toEqual([]);
      expect(await api.list(kinds.configMap, { fieldSelector: 'metadata.name=other' })).toEqual([]);
      await api.remove(kinds.configMap, 'one');
      await api.remove(kinds.configMap, 'one');
      expect(await api.get(kinds.configMap, 'one')).toBeUndefined();
      expect(
        await api.replace(kinds.configMap, { ...patched, metadata: { ...patched.metadata, resourceVersion: '' } }),
      ).toBe('gone');
    });
  });

  test('apply owns its own fields, keeps the others, and takes those of another manager only by force', async () => {
    const applied = { metadata: { name: 'applied', labels: { app: 'b' } }, data: { value: '1' } };
    await as('admin', async (api) => {
      expect(await api.apply(kinds.configMap, applied)).toMatchObject({
        object: { apiVersion: 'v1', data: { value: '1' } },
      });
      const theirs = ['patch', 'configmap', 'applied', '--namespace=shop', '--type=merge'];
      await server.kubectl([...theirs, '--patch={"data":{"value":"theirs","note":"theirs"}}']);
      expect(await api.apply(kinds.configMap, applied)).toEqual({ conflictsWith: ['kubectl-patch'] });
      expect(await api.get(kinds.configMap, 'applied')).toMatchObject({ data: { value: 'theirs' } });
      const forced = await api.apply(kinds.configMap, applied, { force: true });
      expect(forced).toMatchObject({
        object: { metadata: { labels: { app: 'b' } }, data: { value: '1', note: 'theirs' } },
      });
    });
    const fields = ['get', 'configmap', 'applied', '--namespace=shop', '--show-managed-fields'];
    const managers = await server.kubectl([...fields, '--output=jsonpath={.metadata.managedFields[*].manager}']);
    expect(managers.split(' ')).toContain('octopipeline');
  });

  test('a command with its own Role is told to run as the account of that name', async () => {
    const context = contextWith();
    const where = { kubeconfig: server.kubeconfig('default'), namespace: 'shop' };
    await using api = await openApi(context, where, { ownRole: 'octopipeline-build-push' });
    const name = 'octopipeline-build-push';
    const bind = `create rolebinding ${name} --role=${name} --serviceaccount=shop:${name} --namespace=shop`;
    await expect(api.get(kinds.configMap, 'x')).rejects.toMatchObject({
      kind: 'tool',
      hint: `run it as the service account ${name}; if that has no rights yet: ${api.typed('kubectl create')}${bind.slice(6)}`,
    });
  });

  test('kubectl caches nothing in the working directory, also without a HOME', async () => {
    const cwd = await mkdtemp(join(room, 'cwd-'));
    const kubeconfig = server.kubeconfig('admin');
    await openIn({ kubeconfig }, (api) => api.serves(kinds.pod), { cwd, env: { HOME: undefined } });
    expect(await readdir(cwd)).toEqual([]);
  });

  test('a list that comes in pages is whole', async () => {
    const many = Array.from({ length: 603 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      ...configMap(`many-${index}`, ''),
    }));
    await server.kubectl(['create', 'namespace', 'many']);
    await server.kubectl(
      ['create', '--namespace=many', '--filename=-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: many }),
    );
    const listed = await as('admin', (api) => api.list(kinds.configMap, { namespace: 'many', labelSelector: 'app' }));
    expect(new Set(listed.map(({ metadata }) => metadata.name)).size).toBe(603);
  });

  test('without a namespace, the namespace is that of the kubeconfig', async () => {
    const namespace = (user: User, name: string) =>
      openIn({ kubeconfig: server.kubeconfig(user, name) }, async (api) => api.namespace);
    expect(await namespace('admin', 'shop')).toBe('shop');
    expect(await namespace('admin', '')).toBe('default');
  });

  test('a kind that is not installed', async () => {
    await as('admin', async (api) => {
      expect(await api.serves(kinds.lease)).toBe(true);
      expect(await api.serves(kinds.helmRelease)).toBe(false);
      expect(await api.serves({ ...kinds.lease, plural: 'credits' })).toBe(false);
      const why = expect.stringContaining('the cluster has no HelmRelease of helm.toolkit.fluxcd.io/v2');
      for (const fails of [
        () => api.get(kinds.helmRelease, 'x'),
        () => api.list(kinds.helmRelease),
        () => api.follow(kinds.helmRelease, {}, () => {}),
      ]) {
        await expect(fails()).rejects.toMatchObject({ kind: 'tool', why });
      }
    });
  });

  test('a missing right is named, with the command that grants it', async () => {
    const kubectl = `kubectl --kubeconfig=${server.kubeconfig('default')}`;
    const hint = `${kubectl} create rolebinding octopipeline-environment --role=octopipeline-environment --serviceaccount=shop:default --namespace=shop\nif that Role does not exist: ${kubectl} apply --filename=dist/optional/environment.yaml --namespace=shop`;
    const denied = (what: string, right: string) => ({
      kind: 'tool',
      message: what,
      why: expect.stringContaining(`system:serviceaccount:shop:default has no right to ${right} in namespace shop`),
      hint,
    });
    await as('default', async (api) => {
      await expect(api.create(kinds.lease, { metadata: { name: 'x' } })).rejects.toMatchObject(
        denied('cannot create a Lease in namespace shop', 'create leases of coordination.k8s.io'),
      );
      await expect(api.get(kinds.pod, 'x')).rejects.toMatchObject(
        denied('cannot read Pod x in namespace shop', 'get pods'),
      );
      await expect(api.logs('x')).rejects.toMatchObject(
        denied('cannot read the log of pod x in namespace shop', 'get pods/log'),
      );
      await expect(api.follow(kinds.deployment, {}, () => {})).rejects.toMatchObject(
        denied('cannot list deployments in namespace shop', 'list deployments of apps'),
      );
    });
  });

  test('the right to list without the right to watch', async () => {
    await server.kubectl(['create', 'role', 'lists', '--verb=list', '--resource=secrets', '--namespace=shop']);
    await server.kubectl([
      'create',
      'rolebinding',
      'lists',
      '--role=lists',
      '--serviceaccount=shop:default',
      '--namespace=shop',
    ]);
    await as('default', async (api) => {
      await expect(api.follow(kinds.secret, {}, () => {})).rejects.toMatchObject({
        why: expect.stringContaining('no right to watch secrets'),
      });
    });
  });

  test('a token that the server does not know', async () => {
    await expect(as('nobody', (api) => api.list(kinds.pod))).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('does not accept the token'),
    });
  });

  test('a namespace that does not exist', async () => {
    await as('admin', async (api) => {
      const missing = { kind: 'input', why: expect.stringContaining('namespace') };
      for (const fails of [
        () => api.create(kinds.configMap, configMap('x', ''), 'nowhere'),
        () => api.get(kinds.configMap, 'x', 'nowhere'),
        () => api.list(kinds.configMap, { namespace: 'nowhere' }),
        () => api.follow(kinds.configMap, { namespace: 'nowhere' }, () => {}),
      ]) {
        await expect(fails()).rejects.toMatchObject(missing);
      }
    });
  });

  test('a quota is not reported as a missing right', async () => {
    await server.kubectl(['create', 'namespace', 'full']);
    await server.kubectl(['create', 'quota', 'none', '--hard=configmaps=0', '--namespace=full']);
    const make = () => as('admin', (api) => api.create(kinds.configMap, configMap('x', ''), 'full'));
    // There is no controller that fills in the status, which counts: the test does.
    await server.kubectl([
      ...['patch', 'quota', 'none', '--namespace=full', '--subresource=status', '--type=merge'],
      '--patch={"status":{"hard":{"configmaps":"0"},"used":{"configmaps":"0"}}}',
    ]);
    await expect(make()).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining('a ResourceQuota') });
  });

  test('a log that cannot be read: no such pod, no container that has started', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'idle', namespace: 'shop' },
      spec: { containers: [{ name: 'main', image: 'busybox' }] },
    };
    await server.kubectl(['create', '--filename=-'], JSON.stringify(pod));
    await as('admin', async (api) => {
      await expect(api.logs('none')).rejects.toMatchObject({ why: expect.stringContaining('pods "none" not found') });
      // The API server answers for a pod that has no node yet with an empty log.
      expect(await api.logs('idle', { container: 'main', tailLines: 5 })).toBe('');
      const lines: string[] = [];
      expect(await api.logs('idle', { follow: true, onLine: (line) => lines.push(line) })).toBe('');
      expect(lines).toEqual([]);
      await expect(api.logs('idle', { container: 'other' })).rejects.toMatchObject({
        why: expect.stringContaining('container other is not valid for pod idle'),
      });
    });
  });

  describe('following', () => {
    /** A connection to the API server that can be cut. */
    async function startForwarder() {
      const sockets = new Set<Socket>();
      let open = true;
      const forwarder = createServer((from) => {
        if (!open) return void from.destroy();
        const to = connect(server.port, '127.0.0.1');
        for (const socket of [from, to]) {
          sockets.add(socket);
          socket
            .on('error', () => undefined)
            .on('close', () => {
              from.destroy();
              to.destroy();
              sockets.delete(socket);
            });
        }
        from.pipe(to).pipe(from);
      });
      const port = await freePort();
      await new Promise<void>((done) => forwarder.listen(port, '127.0.0.1', done));
      const cut = () => {
        for (const socket of sockets) socket.destroy();
      };
      return {
        port,
        cut,
        close: () => {
          open = false;
          cut();
        },
        open: () => {
          open = true;
        },
        stop: () => {
          cut();
          forwarder.close();
        },
      };
    }

    /** Follows ConfigMaps with the name as label while the test continues. */
    async function following(
      where: Where,
      label: string,
      body: (seen: {
        readonly said: readonly string[];
        readonly until: (...values: string[]) => Promise<number>;
      }) => Promise<void>,
    ) {
      const stop = new AbortController();
      const said: string[] = [];
      let values: readonly string[] = [];
      let check = () => {};
      const work = openIn(
        { ...where, namespace: 'shop' },
        (api) =>
          api.follow(kinds.configMap, { labelSelector: `app=${label}` }, (objects) => {
            values = [...objects.values()].map(({ data }) => (data as Record<string, string>).value ?? '').sort();
            check();
          }),
        { signal: stop.signal, log: { ...testContext().context.log, debug: (text) => void said.push(text) } },
      );
      work.catch(() => check());
      const until = async (...wanted: string[]) => {
        const start = Date.now();
        await Promise.race([
          work,
          wait(20_000).then(() => expect(values).toEqual(wanted)),
          new Promise<void>((done) => {
            check = () => JSON.stringify(values) === JSON.stringify(wanted) && done();
            check();
          }),
        ]);
        return Date.now() - start;
      };
      try {
        await body({ said, until });
      } finally {
        stop.abort(new Interrupted('SIGTERM'));
      }
      await expect(work).rejects.toThrow('stopped by SIGTERM');
    }

    const set = async (label: string, name: string, value: string) => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', ...configMap(name, value) };
      await server.kubectl(
        ['apply', '--namespace=shop', '--filename=-'],
        JSON.stringify({ ...object, metadata: { name, labels: { app: label } } }),
      );
    };
    const drop = (name: string) => server.kubectl(['delete', 'configmap', name, '--namespace=shop']);

    test('a change is seen at once', async () => {
      await set('f1', 'f1-a', '1');
      await following({ kubeconfig: server.kubeconfig('admin') }, 'f1', async ({ until }) => {
        await until('1');
        await set('f1', 'f1-b', '2');
        expect(await until('1', '2')).toBeLessThan(500);
        await set('f1', 'f1-a', '3');
        expect(await until('2', '3')).toBeLessThan(500);
        await drop('f1-b');
        expect(await until('3')).toBeLessThan(500);
      });
    });

    test('nothing is missed when the connection is cut or the server is down', async () => {
      const forwarder = await startForwarder();
      const kubeconfig = await written('forwarded.yaml', kubeconfigFor('admin', 'shop', forwarder.port));
      try {
        await set('f2', 'f2-a', '1');
        await following({ kubeconfig }, 'f2', async ({ until }) => {
          await until('1');
          forwarder.cut();
          await set('f2', 'f2-b', '2');
          expect(await until('1', '2')).toBeLessThan(2000);
          forwarder.close();
          await set('f2', 'f2-c', '3');
          await drop('f2-a');
          await wait(1500);
          forwarder.open();
          await until('2', '3');
        });
      } finally {
        forwarder.stop();
      }
    });

    test('a kubectl proxy that was killed is restarted', async () => {
      await set('f3', 'f3-a', '1');
      await following({ kubeconfig: server.kubeconfig('admin') }, 'f3', async ({ until }) => {
        await until('1');
        for (const pid of proxies()) process.kill(Number(pid), 'SIGKILL');
        await set('f3', 'f3-b', '2');
        expect(await until('1', '2')).toBeLessThan(3000);
      });
    });

    test('a history that the server has forgotten (410) is listed again', async () => {
      const forwarder = await startForwarder();
      const kubeconfig = await written('forwarded.yaml', kubeconfigFor('admin', 'shop', forwarder.port));
      try {
        await set('f4', 'f4-a', '1');
        await following({ kubeconfig }, 'f4', async ({ said, until }) => {
          await until('1');
          forwarder.close();
          await set('f4', 'f4-b', '2');
          await drop('f4-a');
          await server.forgetHistory();
          forwarder.open();
          await until('2');
          expect(said).toContainEqual(expect.stringContaining('that history is gone'));
        });
      } finally {
        forwarder.stop();
      }
    });

    test('an error of the listener ends it', async () => {
      const refuse = () => {
        throw new Error('enough');
      };
      await expect(as('admin', (api) => api.follow(kinds.configMap, {}, refuse))).rejects.toThrow('enough');
    });
  });

  test('the kubectl proxy of an op that is killed ends, too', async () => {
    const api = join(import.meta.dirname, 'api.ts');
    const context = join(import.meta.dirname, '../../../../test/op/test-context.ts');
    const program = await written(
      'killed.mts',
      `import { kinds, openApi } from ${JSON.stringify(api)};
      import { testContext } from ${JSON.stringify(context)};
      const { context } = testContext({ env: process.env });
      await using api = await openApi(context, {});
      await api.follow(kinds.pod, {}, () => console.log('watching'));`,
    );
    const env = { PATH: kubernetesPath, TMPDIR: room, KUBECONFIG: server.kubeconfig('admin') };
    const child = execa('node', ['--import', import.meta.resolve('tsx'), program], {
      env,
      extendEnv: false,
      reject: false,
    });
    await once(child.stdout, 'data');
    const running = () =>
      execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).includes(`kubectl proxy --unix-socket=${room}`);
    expect(running()).toBe(true);
    child.kill('SIGKILL');
    await child;
    for (const end = Date.now() + 2000; running() && Date.now() < end; ) await wait(20);
    expect(running()).toBe(false);
  });

  test('Ctrl-C ends what is running, and the clean-up after it can still use the connection', async () => {
    const stop = new AbortController();
    const context = contextWith({ signal: stop.signal });
    const work = async () => {
      await using api = await openApi(context, { kubeconfig: server.kubeconfig('admin'), namespace: 'shop' });
      try {
        await api.follow(kinds.pod, {}, () => setTimeout(() => stop.abort(new Interrupted('SIGINT')), 100));
      } finally {
        const after = api.within({ ...context, signal: AbortSignal.timeout(5000) });
        await after.create(kinds.configMap, configMap('afterwards', ''));
      }
    };
    await expect(work()).rejects.toThrow('stopped by SIGINT');
    expect(await server.kubectl(['get', 'configmap', 'afterwards', '--namespace=shop', '--output=name'])).toContain(
      'afterwards',
    );
  });
});
