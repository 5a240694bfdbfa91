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
  // A second Ctrl-C, or op ending for any other reason, must not leave children behind.
  const onExit = () => kill(pid, 'SIGKILL');
  process.once('exit', onExit);
  return {
    timedOut: () => timedOut,
    /** Call it when the child's output is closed: it kills what is left of a group that was told to stop. */
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
