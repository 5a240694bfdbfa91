import { setMaxListeners } from 'node:events';
import { CommanderError } from 'commander';
import type { Context } from '../context.js';
import { exitCodes, Interrupted, stopSignals } from '../kit/errors/op-error.js';
import { clean, report } from '../kit/errors/report.js';
import { createLog } from '../kit/log/log.js';
import { explainCommandLine } from './commander/explain.js';
import { createProgram } from './program.js';

/** Runs op for an argv (without the first two items of process.argv) and gives the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const debug = argv.includes('--debug') || process.env.OP_DEBUG === 'true';
  const stop = new AbortController();
  // Each child process adds a listener, and many may run at a time.
  setMaxListeners(0, stop.signal, process);
  const onSignal = (signal: NodeJS.Signals) => {
    const known = stopSignals.find((name) => name === signal);
    if (known === undefined) return;
    const interrupted = new Interrupted(known);
    // A second signal means now: exit handlers still stop child processes and remove copies of credentials.
    if (stop.signal.aborted) process.exit(interrupted.exitCode);
    stop.abort(interrupted);
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  // `op config | head -1` is not a failure of op: it stops writing to the closed pipe, and continues its work.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  const now = () => new Date();
  const write = (text: string) => void process.stderr.write(text);
  const context: Omit<Context, 'propertiesFile'> = {
    env: process.env,
    cwd: process.cwd(),
    now,
    out: (text) => void process.stdout.write(text),
    log: createLog({ write, tty: process.stderr.isTTY === true, now, debug, clean }),
    signal: stop.signal,
    debug,
  };
  try {
    await createProgram(context).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    // `op` alone has printed its help.
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return exitCodes.usage;
    const failure = report(thrown instanceof CommanderError ? explainCommandLine(thrown, argv) : thrown, debug);
    process.stderr.write(failure.text);
    return failure.exitCode;
  } finally {
    for (const signal of stopSignals) process.off(signal, onSignal);
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
