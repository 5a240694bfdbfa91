import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Milliseconds that a group gets to end after SIGTERM. */
const patience = 5000;

/**
 * Stops a child that leads its own process group, together with everything that it started. A signal to the child alone would leave
 * its own children (git's transport, a build script's compiler) running with the output still open, and op would wait for them.
 */
export function superviseGroup(
  pid: number | undefined,
  { signal, timeout }: { readonly signal: AbortSignal; readonly timeout: number | undefined },
) {
  let timedOut = false;
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    kill(pid, 'SIGTERM');
    killing ??= setTimeout(() => kill(pid, 'SIGKILL'), patience);
  };
  const deadline =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop();
        }, timeout);
  signal.addEventListener('abort', stop, { once: true });
  watch(pid);
  return {
    timedOut: () => timedOut,
    /** Call it when the child's output is closed: it kills what is left of a group that was told to stop. */
    ended: () => {
      clearTimeout(deadline);
      clearTimeout(killing);
      if (killing !== undefined) kill(pid, 'SIGKILL');
      forget(pid);
      signal.removeEventListener('abort', stop);
    },
  };
}

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Reads which groups start and end; when op has ended, even by SIGKILL, its end of the pipe is closed and what is left is killed. */
const script = `
trap '' INT TERM HUP
groups=
while read -r change group; do
  left=
  for other in $groups; do [ "$other" = "$group" ] || left="$left $other"; done
  groups=$left
  [ "$change" = - ] || groups="$groups $group"
done
for group in $groups; do kill -s KILL -- "-$group"; done`;

let watcher: Writable | undefined;

/** The groups that have not ended. */
const groups = new Set<number>();

/**
 * Starts the watcher, if it does not run yet. Call it before a child starts: one that starts first would be left behind if op were killed
 * while the watcher starts. There is one watcher per op. It keeps neither op nor whoever reads op's output waiting.
 */
export function startWatching(): void {
  watcher ??= startWatcher();
}

function watch(pid: number | undefined): void {
  if (pid === undefined) return;
  startWatching();
  groups.add(pid);
  watcher?.write(`+ ${pid}\n`);
}

function forget(pid: number | undefined): void {
  if (pid === undefined) return;
  groups.delete(pid);
  watcher?.write(`- ${pid}\n`);
}

function startWatcher(): Writable {
  // A second Ctrl-C, or op ending for any other reason, must not leave children behind.
  process.once('exit', () => {
    for (const pid of groups) kill(pid, 'SIGKILL');
  });
  return startShell();
}

function startShell(): Writable {
  const child = spawn('/bin/sh', ['-c', script], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell, or a watcher that has ended, children are only not watched.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  // Who kills processes of op may hit this one first.
  child.on('exit', (_, signal) => {
    if (signal === null) return;
    watcher = startShell();
    for (const pid of groups) watcher.write(`+ ${pid}\n`);
  });
  child.unref();
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child.stdin;
}
