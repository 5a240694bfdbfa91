import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withTools } from '../tools.js';

/** Runs the real helm, with a home of its own. @returns what it printed */
export async function helm(home: string, args: readonly string[]): Promise<string> {
  const env = { ...withTools(['helm']), HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
  const { stdout, stderr } = await promisify(execFile)('helm', [...args], { env, cwd: home, timeout: 60_000 });
  return `${stdout}${stderr}`;
}

/** A request that a repository got. */
export interface AskedFile {
  readonly path: string;
  readonly authorization: string | undefined;
  /** Of the answer; 0 if it came from `answerInstead`, or is on its way. */
  status: number;
}

/** What a repository answers instead of a file. */
export type Instead = (path: string, answer: ServerResponse) => boolean;

/** A real web server with charts that helm packed, and the index that helm made. */
export interface HelmRepository {
  /** `http://localhost:PORT/stable` */
  readonly url: string;
  readonly host: string;
  /** Where its files are. */
  readonly files: string;
  /** What it was asked for. */
  readonly asked: AskedFile[];
  /** Packs a chart, and makes the index anew. @returns the file of its archive */
  readonly add: (name: string, version: string, parts?: ChartParts) => Promise<string>;
  /** Makes the index anew. */
  readonly index: () => Promise<void>;
  readonly readIndex: () => Promise<string>;
  readonly writeIndex: (content: string) => Promise<void>;
  /** Undefined: files again. */
  readonly answerInstead: (instead: Instead | undefined) => void;
  readonly stop: () => Promise<void>;
}

/** Files of a chart, beside those that every chart here has. */
export interface ChartParts {
  /** More lines of `Chart.yaml`. */
  readonly chart?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes the folder of a chart. */
export async function writeChart(path: string, name: string, version: string, { chart = '', files = {} }: ChartParts) {
  const all = {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n${chart}`,
    'values.yaml': 'replicas: 1\n',
    'templates/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\n',
    ...files,
  };
  for (const [file, content] of Object.entries(all)) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
  }
}

/** Starts one on loopback. @param tls files with key and certificate @param login `USER:PASSWORD` that it wants */
export async function startHelmRepository({
  tls,
  login,
}: {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly login?: string;
} = {}): Promise<HelmRepository> {
  const home = await mkdtemp(join(tmpdir(), 'helm-repository-'));
  const files = join(home, 'stable');
  await mkdir(files);
  const asked: AskedFile[] = [];
  let instead: Instead | undefined;
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const respond = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://here').pathname);
    const { authorization } = request.headers;
    const entry: AskedFile = { path, authorization, status: 0 };
    asked.push(entry);
    const answerWith = (status: number, headers: Readonly<Record<string, string>>, content?: Buffer | string) => {
      entry.status = status;
      answer.writeHead(status, headers).end(content);
    };
    if (wanted !== undefined && authorization !== wanted) {
      answerWith(401, { 'www-authenticate': 'Basic realm="charts"' }, 'log in first\n');
      return;
    }
    if (instead?.(path, answer)) return;
    const content = path.includes('..') ? undefined : await readFile(join(home, path)).catch(() => undefined);
    if (content === undefined) return answerWith(404, {}, '<html>nothing here</html>');
    // As web servers of files do. Source: RFC 9110, "If-None-Match".
    const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 20)}"`;
    if (request.headers['if-none-match'] === etag) return answerWith(304, { etag });
    answerWith(200, { 'content-length': `${content.length}`, etag }, content);
  };
  const listener = (request: IncomingMessage, answer: ServerResponse) => void respond(request, answer);
  const server =
    tls === undefined
      ? createPlainServer(listener)
      : createSecureServer({ key: await readFile(tls.key), cert: await readFile(tls.cert) }, listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  const host = tls === undefined ? `localhost:${address.port}` : `127.0.0.1:${address.port}`;
  const index = () => helm(home, ['repo', 'index', files]).then(() => undefined);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}/stable`,
    host,
    files,
    asked,
    add: async (name, version, parts = {}) => {
      const path = join(home, 'sources', `${name}-${version}`, name);
      await writeChart(path, name, version, parts);
      await helm(home, ['package', path, '--destination', files]);
      await index();
      return join(files, `${name}-${version}.tgz`);
    },
    index,
    readIndex: () => readFile(join(files, 'index.yaml'), 'utf8'),
    writeIndex: (content) => writeFile(join(files, 'index.yaml'), content),
    answerInstead: (given) => {
      instead = given;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(home, { recursive: true, force: true });
    },
  };
}
