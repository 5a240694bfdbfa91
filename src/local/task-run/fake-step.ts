import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import type { FakeEnd, FakeStep } from '../contract.js';
import type { Container } from './containers.js';
import { parseGoDuration } from './go-time.js';
import { seesWorkspace } from './mounts.js';
import type { Execution, StepRun } from './run-step.js';
import type { Step } from './task-spec.js';

interface Faked {
  readonly fake: FakeStep;
  readonly env: Container<Step>['env'];
  /** Command and arguments. */
  readonly command: readonly string[];
  readonly say: (text: string) => void;
}

/** Calls the function that stands for the program of a step, and does with what it gives what the program would have done. */
export async function runFake(
  run: StepRun,
  container: Container<Step>,
  { fake, env, command, say }: Faked,
): Promise<Execution> {
  const { context, request, spec, mask } = run;
  const { label: step, image, script, definition } = container;
  const own = script === undefined ? (definition.command ?? []).length : 1;
  const seen = Object.entries(request.workspaces).filter(([name]) => seesWorkspace(spec, definition, name));
  const limit = parseGoDuration(definition.timeout ?? '') ?? 0;
  const late = new AbortController();
  const timer = limit > 0 ? setTimeout(() => late.abort(new Error('the time of the step is up')), limit) : undefined;
  const signal = AbortSignal.any([context.signal, late.signal]);
  const call = {
    task: request.pipelineTask ?? (request.taskName || request.name),
    step,
    image,
    command: command.slice(0, own),
    args: command.slice(own),
    script,
    env,
    params: request.params,
    workspaces: Object.fromEntries(seen.map(([name, { directory }]) => [name, directory])),
    retry: request.retryCount,
    signal,
  };
  const end = await Promise.race([aborted(signal), Promise.resolve(call).then(fake)]).finally(() =>
    clearTimeout(timer),
  );
  if (end === stopped) return { exitCode: 1, reason: context.signal.aborted ? 'Cancelled' : 'TimeoutExceeded' };
  const { exitCode = 0, output = '', results = {} } = end ?? {};
  if (output !== '') for (const line of output.replace(/\n$/u, '').split('\n')) say(mask.hide(line));
  await writeResults(run, container, results);
  return { exitCode };
}

const stopped = Symbol('stopped');

const aborted = (signal: AbortSignal) =>
  new Promise<typeof stopped>((resolve) => {
    if (signal.aborted) resolve(stopped);
    signal.addEventListener('abort', () => resolve(stopped), { once: true });
  });

/** @throws OpError (input) for a result that neither the step nor the Task has */
async function writeResults(
  { request, spec }: StepRun,
  { name: container, label, definition }: Container<Step>,
  results: NonNullable<FakeEnd['results']>,
): Promise<void> {
  const ofStep = (definition.results ?? []).map(({ name }) => name);
  const ofTask = (spec.results ?? []).filter(({ value }) => value === undefined).map(({ name }) => name);
  for (const [name, value] of Object.entries(results)) {
    const inStep = ofStep.includes(name);
    if (!inStep && !ofTask.includes(name)) {
      const derived = spec.results?.find((result) => result.name === name)?.value;
      const known = [...new Set([...ofStep, ...ofTask])].join(', ');
      throw inputError({
        what: `the fake of ${request.pipelineTask ?? request.taskName}/${label} gives a result ${name}, which this step cannot give`,
        why: derived === undefined ? `its results are ${known || 'none'}` : `the Task takes it from ${derived}`,
        hint: derived === undefined ? 'give one of them, or declare the result' : 'give it in the fake of that step',
      });
    }
    const place = inStep ? join(request.directory, 'steps', container, 'results') : join(request.directory, 'results');
    // An earlier step may have left a link to a file of this machine there. Nothing else has this directory now.
    await rm(join(place, name), { force: true });
    await writeFile(join(place, name), typeof value === 'string' ? value : JSON.stringify(value), { flag: 'wx' });
  }
}
