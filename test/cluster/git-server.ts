/**
 * Serves a directory of bare repositories over git's smart HTTP, with the real `git http-backend`.
 *
 * Usage: `node --import tsx git-server.ts DIRECTORY ADDRESS PORT`.
 * Basic authentication, robot / robot-password, is required for every push, and for repositories in the sub-folder `private/`.
 * The protocol between the two is CGI (RFC 3875) as described in `git help http-backend`.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const [directory, address, port] = process.argv.slice(2);
if (directory === undefined || address === undefined || port === undefined) {
  console.error('usage: git-server.ts DIRECTORY ADDRESS PORT');
  process.exit(2);
}
const robot = `Basic ${Buffer.from('robot:robot-password').toString('base64')}`;

/** To push, the client first asks for the commits of the branches, then sends. */
const isPush = (url: URL) =>
  url.pathname.endsWith('/git-receive-pack') || url.searchParams.get('service') === 'git-receive-pack';

function environment(request: IncomingMessage, url: URL): NodeJS.ProcessEnv {
  const header = (name: string) => request.headers[name]?.toString() ?? '';
  return {
    PATH: process.env.PATH,
    GIT_PROJECT_ROOT: directory,
    GIT_HTTP_EXPORT_ALL: '1',
    // Tests create repositories as any user; git refuses other users' repositories without this.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: header('content-type'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    REMOTE_ADDR: request.socket.remoteAddress,
    // git accepts pushes only from a named user.
    ...(request.headers.authorization === robot ? { REMOTE_USER: 'robot' } : {}),
    ...(header('content-length') === '' ? {} : { CONTENT_LENGTH: header('content-length') }),
  };
}

/** Splits off the CGI header of the bytes so far; undefined while the header is incomplete. */
function parseHeader(bytes: Buffer): { status: number; headers: [string, string][]; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const headers = bytes
    .subarray(0, end)
    .toString('latin1')
    .split('\r\n')
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
  return {
    status: Number.parseInt(status, 10),
    headers: headers.filter(([name]) => name.toLowerCase() !== 'status'),
    rest: bytes.subarray(end + 4),
  };
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://git');
  if ((url.pathname.startsWith('/private/') || isPush(url)) && request.headers.authorization !== robot) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('authentication required\n');
    return;
  }
  const git = spawn('git', ['http-backend'], { env: environment(request, url), stdio: ['pipe', 'pipe', 'inherit'] });
  request.pipe(git.stdin);
  git.stdin.on('error', () => undefined); // git may answer without reading the whole request
  response.on('close', () => git.kill());
  let head: Buffer | undefined = Buffer.alloc(0);
  git.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      if (!response.write(chunk)) {
        git.stdout.pause();
        response.once('drain', () => git.stdout.resume());
      }
      return;
    }
    head = Buffer.concat([head, chunk]);
    const parsed = parseHeader(head);
    if (parsed === undefined) return;
    head = undefined;
    response.writeHead(parsed.status, parsed.headers.flat());
    response.write(parsed.rest);
  });
  git.stdout.on('end', () =>
    response.headersSent ? response.end() : response.writeHead(500).end('git http-backend failed\n'),
  );
}

createServer(serve).listen(Number(port), address, () =>
  console.log(`serving ${directory} on http://${address}:${port}`),
);
