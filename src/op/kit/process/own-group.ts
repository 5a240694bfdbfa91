/** How long a group has to end by itself after SIGTERM, in milliseconds. */
const patience = 5000;

/**
 * Watches a child that leads a process group of its own. A signal to the child alone would leave what it started (git's transport,
 * a build script's compiler) running and holding its output open, and op would wait for those.
 */
export function ownGroup(
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
  // A second Ctrl-C, or op ending for any other reason, must not leave children behind.
  const onExit = () => kill(pid, 'SIGKILL');
  process.once('exit', onExit);
  return {
    timedOut: () => timedOut,
    /** To call when the child's output is closed: what is left of a group that was told to stop is killed. */
    ended: () => {
      clearTimeout(deadline);
      clearTimeout(killing);
      if (killing !== undefined) kill(pid, 'SIGKILL');
      signal.removeEventListener('abort', stop);
      process.off('exit', onExit);
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
