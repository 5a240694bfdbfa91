import { resolve } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { type Masking, masking } from '../../kit/log/masking.js';
import { oneLine, printable } from '../../kit/log/printable.js';
import { run } from '../../kit/process/run.js';
import type { Json } from '../../store/documents/body.js';
import type { DeployContext, ExecOptions, Executed, ItemFunction } from '../author/item-context.js';
import { type Inputs, isRef, type Ref } from '../author/values.js';
import type { Ending } from '../changes/changes.js';
import { canBeTag, mostTags } from '../documents/names.js';
import { jsonShape } from '../documents/shapes.js';
import type { Call } from './runner.js';

/** A function, and what it is called with. */
interface FunctionCall extends Call {
  readonly function: ItemFunction;
  readonly directory: string;
  readonly lookUp: (reference: Ref) => Promise<Json>;
}

/** Outputs go into the store; this much of them. */
const largestOutput = 64_000;
const outputs = v.optional(v.record(v.string(), jsonShape), {});

/** Calls a function of a release. What it throws is how it failed; only when op is stopped, or has lost its claim, there is no end to write. */
export async function execute(context: Context, call: FunctionCall): Promise<Ending> {
  const { item, inputs, environment, release, directory, lookUp } = call;
  const { secret, masked, isIn } = masking();
  const log = (text: string) => context.log.step(`${item}: ${masked(printable(text))}`);
  try {
    const tags: string[] = [];
    const given: DeployContext<Inputs> = {
      inputs: inputs as never,
      environment,
      release,
      directory,
      signal: context.signal,
      log,
      secret,
      tag: (name) => void tags.push(checkedTag(name, isIn, tags.length)),
      exec: (program, args = [], options) => exec(context, { program, args, directory, log, masked }, options),
      handOff: async (next, more) => {
        const values = await valuesIn(more ?? {}, lookUp);
        context.signal.throwIfAborted();
        log(`goes on with ${next.name || 'another function'}`);
        return next({ ...given, inputs: values as never });
      },
    };
    const returned = await call.function(given);
    context.signal.throwIfAborted();
    const output = outputOf(item, returned, isIn);
    return { status: 'complete', output, ...(tags.length === 0 ? {} : { tags }) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { status: 'failed', error: oneLine(masked(messageOf(error)), 500) };
  }
}

/** Inputs as the function gets them: values in place of references. */
const valuesIn = async (inputs: Inputs, lookUp: FunctionCall['lookUp']): Promise<Readonly<Record<string, Json>>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(inputs).map(async ([name, value]) => [name, isRef(value) ? await lookUp(value) : value] as const),
    ),
  );

const messageOf = (error: unknown) =>
  error instanceof OpError ? `${error.message}: ${error.why}` : error instanceof Error ? error.message : String(error);

function outputOf(item: string, returned: unknown, hasSecret: Masking['isIn']): Readonly<Record<string, Json>> {
  const read = v.safeParse(outputs, returned ?? undefined);
  const refuse = (why: string) =>
    refusedError({ what: `${item} returned what cannot be an output`, why, hint: 'return an object of JSON values' });
  if (!read.success) throw refuse('it is not an object whose values are JSON');
  const text = JSON.stringify(read.output);
  if (text.length > largestOutput) throw refuse(`it has ${text.length} characters; ${largestOutput} are allowed`);
  if (hasSecret(text)) throw refuse('it contains a secret');
  return read.output;
}

function checkedTag(name: string, hasSecret: Masking['isIn'], given: number): string {
  const refuse = (why: string) =>
    refusedError({ what: 'a release cannot have this tag', why, hint: 'give one such as 1.4.0' });
  if (hasSecret(JSON.stringify(name))) throw refuse('it contains a secret');
  if (!canBeTag(name)) throw refuse(`"${oneLine(name, 80)}" is not letters, digits, "_", "." and "-", or is a number`);
  if (given >= mostTags) throw refuse(`there are ${mostTags} already`);
  return name;
}

interface Started {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly log: (text: string) => void;
  readonly masked: (text: string) => string;
}

/** Runs a program for a function, with its output in the log. @throws OpError (tool) */
export async function exec(
  context: Context,
  { program, args, directory, log, masked }: Started,
  { directory: inner = '.', env = {}, input, mayFail = false }: ExecOptions = {},
): Promise<Executed> {
  const ended = await run(context, {
    program,
    args,
    env,
    cwd: resolve(directory, inner),
    onLine: log,
    ...(input === undefined ? {} : { input }),
  });
  const { stdout, stderr, exitCode = 127 } = ended;
  if (ended.ended === 'ok' || (mayFail && ended.ended === 'failed')) return { stdout, stderr, exitCode };
  const last = stderr.trim().split('\n').at(-1) || stdout.trim().split('\n').at(-1) || 'it printed nothing';
  throw toolError({
    what: `${program} failed${ended.ended === 'missing' ? '' : ` with exit code ${exitCode}`}`,
    why: masked(oneLine(last, 300)),
    hint: `run it by hand: ${program} ${args.join(' ')}`,
  });
}
