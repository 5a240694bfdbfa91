import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { findTool, toolsDirectory } from '../tools.js';
import { freePort } from './local-registry.js';

/** A real Kubernetes API server on loopback: no nodes and no controllers, but all of its rules. */
export interface KubernetesApi {
  /** Path of a kubeconfig for a user; `admin` may do everything. */
  readonly kubeconfig: (user: User, namespace?: string) => string;
  /** Runs kubectl as admin and gives stdout. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** The port of the server on 127.0.0.1, for TLS. */
  readonly port: number;
  /** Forgets the history of all objects up to now: a watch from before gets 410, unless the server has it in memory. */
  readonly forgetHistory: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Who a token stands for. `nobody` has a token that the server does not know. */
export const users = {
  admin: 'admin,system:masters',
  builder: 'system:serviceaccount:shop:octopipeline-build-push',
  default: 'system:serviceaccount:shop:default',
} as const;
export type User = keyof typeof users | 'nobody';

const needed = ['etcd', 'kube-apiserver', 'kubectl'] as const;
/** Where the tools are: on PATH, or among those that the project builds for its own cluster. */
export const kubernetesPath = [
  process.env.PATH ?? '',
  toolsDirectory(),
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'octopipeline', 'cluster-bin'),
].join(delimiter);
/** Empty when the API server can be started. */
export const missingTools = needed.filter((tool) => findTool(tool, kubernetesPath) === undefined);

/** Starts etcd and kube-apiserver in a temporary directory; takes about five seconds. @param more arguments of kube-apiserver */
export async function startKubernetesApi(more: readonly string[] = []): Promise<KubernetesApi> {
  const directory = await mkdtemp(join(tmpdir(), 'kubernetes-api-'));
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  await mkdir(join(directory, 'kubeconfigs'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(directory, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  const tokens = Object.entries(users).map(([token, user]) => {
    const [name, group = 'system:authenticated'] = user.split(',');
    return `${token}-token,${name},${token},${group}\n`;
  });
  await writeFile(join(directory, 'tokens.csv'), tokens.join(''));
  const etcd = start('etcd', [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
  ]);
  const api = start('kube-apiserver', [
    `--etcd-servers=http://127.0.0.1:${client}`,
    `--cert-dir=${join(directory, 'pki')}`,
    `--secure-port=${secure}`,
    ...['--bind-address=127.0.0.1', '--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=RBAC'],
    `--service-account-key-file=${join(directory, 'sa.key')}`,
    `--service-account-signing-key-file=${join(directory, 'sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(directory, 'tokens.csv')}`,
    '--disable-admission-plugins=ServiceAccount',
    ...more,
  ]);
  const stop = async () => {
    for (const process of [api, etcd]) await kill(process);
    await rm(directory, { recursive: true, force: true });
  };
  const written = new Map<string, string>();
  for (const user of [...Object.keys(users), 'nobody']) {
    for (const namespace of ['', 'shop']) {
      const path = join(directory, 'kubeconfigs', `${user}-${namespace}`);
      await writeFile(path, kubeconfigFor(user, namespace, secure));
      written.set(`${user}-${namespace}`, path);
    }
  }
  const kubeconfig = (user: User, namespace = '') => written.get(`${user}-${namespace}`) ?? '';
  const environment = { PATH: kubernetesPath, HOME: directory, KUBECONFIG: kubeconfig('admin') };
  const kubectl = async (args: readonly string[], input = '') =>
    (await execa('kubectl', args, { env: environment, extendEnv: false, input })).stdout;
  try {
    await untilReady(() => kubectl(['get', '--raw=/readyz']), api);
    await untilReady(() => kubectl(['get', 'namespace', 'default']), api);
  } catch (error) {
    await stop();
    throw error;
  }
  const etcdUrl = `http://127.0.0.1:${client}/v3/kv`;
  const forgetHistory = async () => {
    const { header } = await post(`${etcdUrl}/range`, { key: 'AA==' });
    await post(`${etcdUrl}/compaction`, { revision: header.revision });
  };
  return { kubeconfig, kubectl, port: secure, forgetHistory, stop };
}

/** etcd's JSON gateway. */
async function post(url: string, body: object): Promise<{ readonly header: { readonly revision: string } }> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd: ${await answer.text()}`);
  return JSON.parse(await answer.text());
}

/** Ends with this process, also when that is killed. */
const start = (program: string, args: readonly string[]) =>
  spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
    env: { PATH: kubernetesPath, HOME: tmpdir() },
    stdio: 'ignore',
  });

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function untilReady(ask: () => Promise<unknown>, server: ChildProcess): Promise<void> {
  for (const end = Date.now() + 90_000; ; ) {
    const answer = await ask().then(
      () => true,
      () => false,
    );
    if (answer) return;
    if (server.exitCode !== null || Date.now() > end) throw new Error('kube-apiserver did not get ready');
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** A kubeconfig for one user of the server on a port. */
export const kubeconfigFor = (user: string, namespace: string, port: number) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token: `${user}-token` } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user, ...(namespace === '' ? {} : { namespace }) } }],
    'current-context': 'test',
  });
