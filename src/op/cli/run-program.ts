import { setMaxListeners } from 'node:events';
import { CommanderError } from 'commander';
import type { Context } from '../context.js';
import { exitCodes, Interrupted, OpError, stopSignals } from '../kit/errors/op-error.js';
import { clean, report } from '../kit/errors/report.js';
import { createLog } from '../kit/log/log.js';
import { explainCommandLine } from './commander/explain.js';
import { paramsNamed } from './params-of-tasks.js';
import { createProgram } from './program.js';

/** Runs op for an argv (without the first two items of process.argv) and gives the exit code. */
export async function runProgram(argv: readonly string[], importModule: Context['importModule']): Promise<number> {
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
  const log = createLog({
    write,
    tty: process.stderr.isTTY === true,
    now,
    debug,
    clean,
    inPod: inPod(),
    inStep: inStep(),
  });
  const context: Omit<Context, 'propertiesFile'> = {
    env: process.env,
    cwd: process.cwd(),
    now,
    out: (text) => void process.stdout.write(text),
    log,
    signal: stop.signal,
    debug,
    importModule,
  };
  try {
    await createProgram(context).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    // `op` alone has printed its help.
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return exitCodes.usage;
    const failure = report(thrown instanceof CommanderError ? explainCommandLine(thrown, argv) : thrown, debug);
    process.stderr.write(`${log.keptBack()}${failure.text}${inStep() ? moreInStep(thrown, argv) : ''}`);
    return failure.exitCode;
  } finally {
    for (const signal of stopSignals) process.off(signal, onSignal);
  }
}

/** The kubelet stops a container in the same way for each of these. */
const whyInPod =
  '  why: a time limit of the run, a cancelled run, or a deleted pod\n  do:  see which with: tkn taskrun describe NAME\n';
const inPod = () => Boolean(process.env.KUBERNETES_SERVICE_HOST);
/** `op local` sets this variable for steps on this machine. */
const inStep = () => inPod() || process.env.OP_LOCAL === 'true';

/** In a step nobody types flags: what sets them there. */
function moreInStep(thrown: unknown, [command = '']: readonly string[]): string {
  if (thrown instanceof Interrupted && thrown.signal === 'SIGTERM') return inPod() ? whyInPod : '';
  const params = thrown instanceof OpError ? paramsNamed(command, thrown.hint) : undefined;
  return params === undefined ? '' : `       ${params}\n`;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
