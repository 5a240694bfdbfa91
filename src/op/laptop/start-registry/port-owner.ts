import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Context } from '../../context.js';
import { run } from '../../kit/process/run.js';
import { hostPort, reachable } from './answer.js';

/** Whether a port can be listened on: nobody does, and nobody answers there. `denied` is a port that this user may not have. */
export async function stateOf(listen: string, port: number): Promise<'free' | 'taken' | 'denied' | 'no such address'> {
  if (await connects(reachable(listen), port)) return 'taken';
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') answer('denied');
      else answer(error.code === 'EADDRNOTAVAIL' ? 'no such address' : 'taken');
    });
    server.listen({ host: listen, port, exclusive: true }, () => server.close(() => answer('free')));
  });
}

const connects = (host: string, port: number) =>
  new Promise<boolean>((answer) => {
    const connection = connect({ host, port, timeout: 1000 });
    const end = (is: boolean) => {
      connection.destroy();
      answer(is);
    };
    connection
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });

/**
 * Who listens on a port, as far as this user can know: the program's name and number, never its arguments, which may hold secrets.
 * Source: proc(5), /proc/net/tcp; `lsof` elsewhere.
 */
export async function ownerOf(context: Context, listen: string, port: number): Promise<string> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const sockets = tables.flatMap((table) => listening(table, port));
  if (tables.every((table) => table === '')) return fromLsof(context, port);
  const found = await processWith(new Set(sockets.map(({ inode }) => `socket:[${inode}]`)));
  if (found !== undefined) return found;
  const [socket] = sockets;
  if (socket === undefined)
    return `something outside of this machine's network that answers at ${hostPort(listen, port)}`;
  return `a process of the user with id ${socket.uid}`;
}

function listening(table: string, port: number): readonly { readonly uid: string; readonly inode: string }[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === '0A')
    .map((fields) => ({ uid: fields[7] ?? '', inode: fields[9] ?? '' }));
}

async function processWith(sockets: ReadonlySet<string>): Promise<string | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  for (const pid of sockets.size === 0 ? [] : pids) {
    const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(open.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    if (!links.some((link) => sockets.has(link))) continue;
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')).trim();
    return `${name} (process ${pid})`;
  }
  return undefined;
}

async function fromLsof(context: Context, port: number): Promise<string> {
  const ended = await run(context, {
    program: 'lsof',
    args: ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'],
    timeout: 10_000,
  });
  const [, pid] = /^p(\d+)$/mu.exec(ended.stdout) ?? [];
  const [, name = 'a program'] = /^c(.+)$/mu.exec(ended.stdout) ?? [];
  return pid === undefined ? 'somebody else' : `${name} (process ${pid})`;
}
