import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../op/context.js';
import { OpError } from '../../op/kit/errors/op-error.js';
import type { Enter, Isolation, LogLine, StepState, TaskRunRequest } from '../contract.js';
import { type Container, invocation } from './containers.js';
import { enterContainer } from './enter.js';
import { runFake } from './fake-step.js';
import { parseGoDuration } from './go-time.js';
import type { Mask } from './mask.js';
import { explain, missingProgram, programNotFound } from './missing-program.js';
import { makeRoot } from './own-image.js';
import { readResults, TerminationMessage, tooLong } from './results.js';
import { startProcess } from './start-process.js';
import { allows, replaceStepResults } from './step-references.js';
import type { Spec, Step } from './task-spec.js';

/** What a step needs to run. */
export interface StepRun {
  readonly context: Context;
  readonly request: TaskRunRequest;
  readonly spec: Spec;
  readonly isolation: Isolation;
  readonly mask: Mask;
  readonly line: (line: LogLine) => void;
  readonly started: (state: StepState) => void;
  readonly before?: (step: string, enter: Enter, signal: AbortSignal) => Promise<void>;
}

/** How a step ended, as its container in a pod would say it. */
export interface StepEnd {
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly message: TerminationMessage;
  /** Of Tekton's own: why there was no ordinary end. */
  readonly reason?: 'Skipped' | 'TimeoutExceeded' | 'Cancelled';
  /** The exit code that `onError: continue` hides: the container ends with 0. */
  readonly continued?: number;
  /** Whether the next step runs. */
  readonly goOn: boolean;
}

/** Runs one step to its end, as Tekton's entrypoint does (pkg/entrypoint/entrypointer.go). Never throws for what a step does. */
export async function runStep(run: StepRun, container: Container<Step>): Promise<StepEnd> {
  const { context, request, spec } = run;
  const now = () => context.now().toISOString();
  const startedAt = now();
  const message = new TerminationMessage();
  const directory = join(request.directory, 'steps', container.name);
  const end = (part: Omit<StepEnd, 'startedAt' | 'finishedAt' | 'message'>): StepEnd => {
    message.add([
      { key: 'StartedAt', value: startedAt, type: 3 },
      ...(part.reason ? [{ key: 'Reason', value: part.reason, type: 3 } as const] : []),
      ...(part.continued === undefined ? [] : [{ key: 'ExitCode', value: `${part.continued}`, type: 3 } as const]),
    ]);
    return { ...part, startedAt, finishedAt: now(), message };
  };
  const say = (text: string) => run.line({ task: request.pipelineTask ?? request.name, step: container.label, text });
  run.started({ ...stateOf(container), running: { startedAt } });
  const late = await replaceStepResults(
    { env: container.env, command: container.command, when: container.definition.when ?? [] },
    join(request.directory, 'steps'),
  );
  if (late.problem !== undefined) say(`op: ${late.problem}`);
  // It replaces whatever a step has left there, such as a link to a file of this machine.
  const exitCodeFile = async (content: string) => {
    const path = join(directory, 'exitCode');
    await rm(path, { recursive: true, force: true });
    await writeFile(path, content, { flag: 'wx' });
  };
  if (!allows(late.when)) {
    say('Step was skipped due to when expressions were evaluated to false.');
    await exitCodeFile('0');
    return end({ exitCode: 0, reason: 'Skipped', goOn: true });
  }
  const enter: Enter = async (command, more = {}) => {
    if (container.own !== undefined) await makeRoot(context, container.own);
    return enterContainer(container, command, { ...more, ...late.env }, run.isolation, request.directory);
  };
  await run.before?.(container.label, enter, context.signal);
  const ended = await execute(run, container, late, say);
  if (ended.reason === 'Cancelled') return end({ exitCode: 1, reason: 'Cancelled', goOn: false });
  const continues = container.definition.onError === 'continue';
  const failed = ended.exitCode !== 0;
  if (ended.reason === undefined && (!failed || (continues && !ended.notStarted)))
    await exitCodeFile(`${ended.exitCode}`);
  const names = (spec.results ?? []).filter(({ value }) => value === undefined).map(({ name }) => name);
  const results = await readResults(join(request.directory, 'results'), names, 1);
  const own = (container.definition.results ?? []).map(({ name }) => name);
  const stepResults = await readResults(join(directory, 'results'), own, 4);
  if (!message.add(results) || !message.add(stepResults)) {
    say(tooLong);
    return end({ exitCode: 1, goOn: ended.reason === undefined && (!failed || continues) });
  }
  if (ended.reason === 'TimeoutExceeded') return end({ exitCode: 1, reason: 'TimeoutExceeded', goOn: false });
  if (failed && continues && !ended.notStarted) return end({ exitCode: 0, continued: ended.exitCode, goOn: true });
  return end({ exitCode: ended.exitCode, goOn: !failed });
}

/** How the program of a step ended. */
export interface Execution {
  readonly exitCode: number;
  readonly reason?: 'TimeoutExceeded' | 'Cancelled';
  readonly notStarted?: boolean;
}

async function execute(
  run: StepRun,
  container: Container<Step>,
  { env, command }: { readonly env: Container<Step>['env']; readonly command: readonly string[] },
  say: (text: string) => void,
): Promise<Execution> {
  const { context, isolation, mask } = run;
  const { label: step, image, definition, own } = container;
  const fake = run.request.fakeOf?.({ name: step, image });
  if (fake !== undefined) return runFake(run, container, { fake, env, command, say });
  if (own !== undefined) await makeRoot(context, own);
  const missing = await missingProgram(container, command);
  if (missing !== undefined) {
    say(missing);
    return { exitCode: 1, notStarted: true };
  }
  if (context.signal.aborted) return { exitCode: 1, reason: 'Cancelled' };
  const invoked = await invocation(container, command, isolation).catch((error: unknown) => {
    if (error instanceof OpError) return error;
    throw error;
  });
  if (invoked instanceof OpError) {
    say(`op: the step ${step} cannot start: ${invoked.message}: ${invoked.why}`);
    return { exitCode: 1, notStarted: true };
  }
  const last: string[] = [];
  const process = startProcess({
    ...invoked,
    env,
    sandboxed: isolation === 'namespaces',
    mask,
    onLine: (text) => {
      last.push(text.slice(-500));
      if (last.length > 20) last.shift();
      say(text);
    },
  });
  const limit = parseGoDuration(definition.timeout ?? '') ?? 0;
  let reason: Execution['reason'];
  const stop = (why: Execution['reason']) => {
    reason ??= why;
    process.stop();
  };
  const timer = limit > 0 ? setTimeout(() => stop('TimeoutExceeded'), limit) : undefined;
  const cancel = () => stop('Cancelled');
  context.signal.addEventListener('abort', cancel, { once: true });
  const { exitCode, failure } = await process.ended;
  clearTimeout(timer);
  context.signal.removeEventListener('abort', cancel);
  if (failure !== undefined) say(`op: the step ${step} cannot start: ${failure}`);
  const program = exitCode === 127 && reason === undefined && own === undefined ? programNotFound(last) : undefined;
  if (program !== undefined) say(explain(step, image, program));
  return { exitCode, ...(reason && { reason }), ...(failure !== undefined && { notStarted: true }) };
}

/** Who a step is, in the status. */
const stateOf = ({ name, label, image }: Container<Step>): StepState => ({
  name: label,
  container: name,
  imageID: image,
});
