import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTools } from '../tools.js';

/** A real registry on loopback, with nothing in it. */
export interface LocalRegistry {
  /** `localhost:PORT` */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/** Starts go-containerregistry's registry: no credentials, and images in memory. */
export async function startRegistry(): Promise<LocalRegistry> {
  const port = await freePort();
  return serve(port, 'crane', ['registry', 'serve', `--address=127.0.0.1:${port}`], async () => {});
}

/** The user and the password of {@link startPasswordRegistry}. */
const user = 'bob';
export const password = 's3cret-pw';
const bcryptOfPassword = '$2y$05$octopipelineoctopipeleYWbAyQ0lp3vlnMEWwSChrMOx80HSp5e';

/** Starts the distribution registry, which wants {@link user} and {@link password} for everything. */
export const startPasswordRegistry = (): Promise<LocalRegistry> => startDistribution({ withPassword: true });

/** Starts the distribution registry without credentials. It has no referrers API, and each repository has blobs of its own. */
export const startPlainRegistry = (): Promise<LocalRegistry> => startDistribution({});

/** Starts the distribution registry, which deletes images by digest when it is allowed to, and no tags. */
export const startDeletingRegistry = (): Promise<LocalRegistry> => startDistribution({ deletes: true });

async function startDistribution({
  withPassword = false,
  deletes = false,
}: {
  readonly withPassword?: boolean;
  readonly deletes?: boolean;
}): Promise<LocalRegistry> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'distribution-registry-'));
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: deletes } },
    http: { addr: `127.0.0.1:${port}` },
    ...(withPassword ? { auth: { htpasswd: { realm: 'test', path: join(directory, 'htpasswd') } } } : {}),
  };
  await writeFile(join(directory, 'htpasswd'), `${user}:${bcryptOfPassword}\n`);
  await writeFile(join(directory, 'config.yml'), JSON.stringify(config));
  return serve(port, 'docker-registry', ['serve', join(directory, 'config.yml')], () =>
    rm(directory, { recursive: true, force: true }),
  );
}

/** A registry with the referrers API of OCI 1.1, as a Go module. */
const olareg = ['github.com/olareg/olareg@v0.2.2', 'github.com/olareg/olareg/cmd/olareg'] as const;

/**
 * Starts a registry that has the referrers API, with images in memory; built the first time.
 * @param tls files with key and certificate (PEM)
 */
export function startReferrersRegistry(tls?: { readonly key: string; readonly cert: string }): Promise<LocalRegistry> {
  const secure = tls === undefined ? [] : [`--tls-cert=${tls.cert}`, `--tls-key=${tls.key}`];
  return startOlareg(
    () => ['--api-delete', ...secure],
    async () => {},
  );
}

/** Starts a registry that takes an index some of whose images are not there. */
export const startSparseRegistry = (): Promise<LocalRegistry> =>
  startOlareg(
    () => ['--api-sparse-index'],
    async () => {},
  );

/** Starts a registry that takes so many requests a second, and answers 429 to the others. */
export const startLimitedRegistry = (perSecond: number): Promise<LocalRegistry> =>
  startOlareg(
    () => [`--rate-limit=${perSecond}`],
    async () => {},
  );

/**
 * Starts a registry with a token service, as the public ones have it: {@link user} may write below `team/`, with {@link password}, and
 * whatever else there may be is not told from what is not there.
 */
export async function startTokenRegistry(): Promise<LocalRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'token-registry-'));
  const access = { members: [user], access: ['read', 'write', 'delete'] };
  const rules = {
    users: { [user]: { cred: bcryptOfPassword } },
    acls: [
      { ...access, repo: '' },
      { ...access, repo: 'team/*' },
    ],
  };
  await writeFile(join(directory, 'auth.yaml'), JSON.stringify(rules));
  return startOlareg(
    (host) => [`--auth-token-opaque=${join(directory, 'auth.yaml')}`, `--external-url=http://${host}`],
    () => rm(directory, { recursive: true, force: true }),
  );
}

async function startOlareg(more: (host: string) => readonly string[], clean: () => Promise<void>) {
  const goTool = fileURLToPath(new URL('../../image/go-tool', import.meta.url));
  const program = execFileSync(goTool, olareg, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const port = await freePort();
  const args = ['serve', '--addr=127.0.0.1', `--port=${port}`, '--store-type=mem', ...more(`localhost:${port}`)];
  return serve(port, program, args, clean);
}

/** A docker config with one login. */
export function dockerConfig(host: string, withPassword: string): string {
  return JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${user}:${withPassword}`).toString('base64') } } });
}

async function serve(port: number, program: string, args: readonly string[], clean: () => Promise<void>) {
  const child = spawn(program, args, { env: withTools(isAbsolute(program) ? [] : [program]), stdio: 'ignore' });
  const ended = once(child, 'exit');
  // Also when the tests end without calling stop, as after a failed set-up.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const host = `localhost:${port}`;
  const stop = async () => {
    kill();
    await ended;
    process.off('exit', kill);
    await clean();
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer !== undefined) return { host, stop };
    await new Promise((done) => setTimeout(done, 50));
  }
  await stop();
  throw new Error(`${program} does not answer at ${host}`);
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}
