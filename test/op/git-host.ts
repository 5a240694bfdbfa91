import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A repository on a {@link GitHost}. */
export interface HostedRepository {
  /** Where it is served. */
  readonly url: string;
  /** The bare repository on disk. */
  readonly bare: string;
  /** Runs git in a working copy whose `origin` is the bare repository. */
  readonly git: (...args: string[]) => string;
  /** Writes files, commits all that there is, pushes, and gives the commit. */
  readonly commit: (message: string, files?: Readonly<Record<string, string>>) => Promise<string>;
  readonly workingCopy: string;
}

/** A real git server over http on loopback. Repositories under `private/` want robot or git with s3cret-pw; those under `slow/` never send a pack. */
export interface GitHost {
  readonly url: string;
  readonly repository: (path: string) => Promise<HostedRepository>;
  /** What was asked for, such as `POST /shop.git/git-upload-pack`. */
  readonly requests: readonly string[];
  /** Breaks all connections. */
  readonly drop: () => void;
  readonly stop: () => Promise<void>;
}

const logins = ['robot', 'git'].map((user) => `Basic ${Buffer.from(`${user}:s3cret-pw`).toString('base64')}`);
const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgSign=false'];

/**
 * Starts `git http-backend` behind a server. Source of the protocol between them: git-http-backend(1), RFC 3875.
 * @param settings configuration of the server's git; `protocol.version` 0 makes it an old one
 * @param tls key and certificate (PEM) for https
 */
export async function startGitHost(
  settings: Readonly<Record<string, string>> = {},
  tls?: { readonly key: string; readonly cert: string },
): Promise<GitHost> {
  const root = await mkdtemp(join(tmpdir(), 'git-host-'));
  const requests: string[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://git');
    requests.push(`${request.method} ${pathname}`);
    if (pathname.startsWith('/private/') && !logins.includes(request.headers.authorization ?? '')) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no\n');
      return;
    }
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => {
      const whole = Buffer.concat(body);
      if (pathname.startsWith('/slow/') && whole.includes('command=fetch')) requests.push('a fetch that hangs');
      else answer(root, settings, { request, body: whole }, response);
    });
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url,
    requests,
    repository: (path) => makeRepository(root, url, path),
    drop: () => server.closeAllConnections(),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function makeRepository(root: string, url: string, path: string): Promise<HostedRepository> {
  const bare = join(root, 'served', path);
  const workingCopy = join(root, 'work', path);
  const run = (directory: string, ...args: string[]) =>
    execFileSync('git', ['-C', directory, ...identity, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const git = (...args: string[]) => run(workingCopy, ...args);
  await mkdir(bare, { recursive: true });
  await mkdir(workingCopy, { recursive: true });
  run(bare, 'init', '--quiet', '--bare', '--initial-branch=main');
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', bare);
  const commit: HostedRepository['commit'] = async (message, files = {}) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(workingCopy, name)), { recursive: true });
      await writeFile(join(workingCopy, name), content);
    }
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', message);
    git('push', '--quiet', '--force', 'origin', 'HEAD');
    return git('rev-parse', 'HEAD');
  };
  return { url: `${url}/${path}`, bare, git, commit, workingCopy };
}

function answer(
  root: string,
  settings: Readonly<Record<string, string>>,
  { request, body }: { readonly request: IncomingMessage; readonly body: Buffer },
  response: ServerResponse,
) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git');
  const entries = Object.entries({ 'safe.directory': '*', ...settings });
  const configuration = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: join(root, 'served'),
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: String(entries.length),
      ...Object.fromEntries(configuration),
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: settings['protocol.version'] === '0' ? '' : String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {}).end(body);
  response.on('close', () => child.kill());
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdout.on('end', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const headers = all
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(/: */u, 2));
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    for (const [name = '', value = ''] of headers)
      if (name !== 'Status' && name !== '') response.setHeader(name, value);
    response.writeHead(Number.parseInt(status, 10)).end(all.subarray(end + 4));
  });
}
