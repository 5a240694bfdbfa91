import { createInterface } from 'node:readline';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { findProgram } from '../../kit/process/find-program.js';
import { startWatching, superviseGroup } from '../../kit/process/process-group.js';
import type { Json } from '../../store/documents/body.js';
import { type Environment, jsonShape } from '../documents/shapes.js';

/** The program that evaluates Starlark, see `op-starlark/`. */
const program = 'op-starlark';

/** The version of what op and the helper say: they may be installed at different times. */
const protocol = 1;

/** What an evaluation may use: steps of the interpreter, bytes of memory, milliseconds from one question to the next, lines that it prints. */
const limits = { steps: 50_000_000, memory: 256 * 1024 * 1024, patience: 30_000, lines: 20_000 };

/** What is evaluated, and what of it is wanted. */
export type HelperRequest = { readonly file: string } & (
  | { readonly do: 'repository' }
  | { readonly do: 'trigger'; readonly commit: string }
  | { readonly do: 'package'; readonly environments: readonly Pick<Environment, 'name' | 'attributes'>[] }
  | {
      readonly do: 'call';
      readonly environments: readonly Pick<Environment, 'name' | 'attributes'>[];
      readonly item: string;
      readonly action: string;
      readonly inputs: Readonly<Record<string, Json>>;
    }
);

/** What a program does to the world, or asks of it. Whatever they throw is an error of the program, at the place that asked. */
export interface Effects {
  /** @param at `file:line:column` of what asks; empty when it is the evaluation itself */
  readonly answer: (question: Question, at: string) => Promise<Json>;
  readonly print: (text: string, at: string) => void;
}

const question = v.variant('ask', [
  v.object({ ask: v.literal('load'), path: v.string() }),
  v.object({ ask: v.literal('sdk'), version: v.string() }),
  v.object({ ask: v.literal('check'), what: v.picklist(['item', 'environment', 'input', 'tag']), name: v.string() }),
  v.object({ ask: v.literal('ref'), ref: v.string() }),
  v.object({ ask: v.literal('value'), ref: v.string(), default: v.nullable(jsonShape) }),
  v.object({ ask: v.literal('secret'), value: v.string() }),
  v.object({ ask: v.picklist(['env', 'pwd']) }),
  v.object({ ask: v.picklist(['read', 'read_dir', 'is_dir']), path: v.string() }),
  v.object({ ask: v.literal('write'), path: v.string(), content: v.string() }),
  v.object({
    ask: v.literal('shell'),
    command: v.string(),
    shell: v.string(),
    dir: v.string(),
    env: v.record(v.string(), v.string()),
    mute: v.boolean(),
    continue: v.boolean(),
  }),
  v.object({
    ask: v.literal('http'),
    method: v.picklist(['GET', 'HEAD', 'DELETE', 'POST', 'PUT', 'PATCH']),
    url: v.string(),
    headers: v.array(v.tuple([v.string(), v.string()])),
    body: v.string(),
  }),
]);
export type Question = v.InferOutput<typeof question>;

const said = v.union([
  v.object({ print: v.string(), at: v.string() }),
  v.object({ end: v.unknown() }),
  v.object({ failed: v.object({ message: v.string(), at: v.array(v.string()) }) }),
  v.intersect([v.object({ at: v.string() }), question]),
]);

/** What a program itself is wrong about, or has failed with. Its message begins with `file:line:column`. */
export class ProgramError extends Error {
  /** @param at from the outermost call to the innermost */
  constructor(message: string, at: readonly string[] = []) {
    const from = at.slice(0, -1).toReversed();
    const callers = from.length === 0 ? '' : ` (called from ${from.slice(0, 3).join(', ')})`;
    super(`${at.length === 0 ? '' : `${at.at(-1)}: `}${message}${callers}`);
    this.name = 'ProgramError';
  }
}

/**
 * Evaluates a file, and gives what was asked for. Questions are answered one after the other.
 * @throws ProgramError; OpError (input) when the helper is not installed; what stops op
 */
export async function runHelper(context: Context, request: HelperRequest, effects: Effects): Promise<unknown> {
  const path = findProgram(program, context.env.PATH);
  if (path === undefined) throw missing(request.file);
  const { execa } = await import('execa');
  context.signal.throwIfAborted();
  startWatching();
  const over = new AbortController();
  const child = execa(path, [], {
    cwd: '/',
    // A runtime that has no memory left tells why in one line.
    env: { GOTRACEBACK: 'none' },
    extendEnv: false,
    reject: false,
    detached: true,
    stdin: 'pipe',
    buffer: { stdout: false, stderr: true },
    maxBuffer: 64 * 1024,
  });
  const group = superviseGroup(child.pid, {
    signal: AbortSignal.any([context.signal, over.signal]),
    timeout: undefined,
  });
  // When it has ended, its end says why.
  child.stdin.on('error', () => undefined);
  const send = (value: unknown) => child.stdin.write(`${JSON.stringify(value)}\n`);
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const computes = () => {
    timer = setTimeout(() => {
      isLate = true;
      over.abort();
    }, limits.patience);
  };
  let end: { readonly value: unknown } | undefined;
  let failed: ProgramError | undefined;
  let lines = 0;
  try {
    send({ protocol, ...request, steps: limits.steps, memory: limits.memory });
    computes();
    for await (const line of createInterface({ input: child.stdout })) {
      clearTimeout(timer);
      const message = parseJson(said, line);
      if (message === undefined) throw new Error(`${program} said what op does not know: ${oneLine(line, 200)}`);
      if ('end' in message) end = { value: message.end };
      else if ('failed' in message) failed = new ProgramError(message.failed.message, message.failed.at);
      else if ('print' in message) {
        lines += 1;
        if (lines > limits.lines) throw new ProgramError(`it prints more than ${limits.lines} lines`, [message.at]);
        effects.print(message.print, message.at);
      } else send(await answerTo(effects, message));
      computes();
    }
  } finally {
    clearTimeout(timer);
    if (end === undefined && failed === undefined) over.abort();
    child.stdin.end();
    await child;
    group.ended();
  }
  context.signal.throwIfAborted();
  if (failed !== undefined) throw failed;
  if (end !== undefined) return end.value;
  throw new ProgramError(whyEnded((await child).stderr ?? '', isLate), [request.file]);
}

async function answerTo(effects: Effects, { at, ...asked }: Question & { readonly at: string }): Promise<object> {
  try {
    return { value: await effects.answer(asked, at) };
  } catch (error) {
    if (error instanceof OpError) return { error: `${error.message}: ${error.why}` };
    // What the file system says of a path of the program.
    if (error instanceof ProgramError || (error instanceof Error && 'syscall' in error))
      return { error: error.message };
    throw error;
  }
}

function whyEnded(stderr: string, isLate: boolean): string {
  const memory = limits.memory / 1024 / 1024;
  if (/out of memory|cannot allocate memory/u.test(stderr)) return `it needs more than ${memory} MB of memory`;
  if (/stack overflow|stack exceeds/u.test(stderr)) return 'it is nested too deep';
  if (isLate) return `it computes for more than ${limits.patience / 1000} s`;
  return `${program} ended without an answer: ${oneLine(stderr, 200) || 'it said nothing'}`;
}

const missing = (file: string) =>
  inputError({
    what: `cannot evaluate ${file}`,
    why: `Starlark is evaluated by ${program}, which is not on PATH`,
    hint: `build it once, with Go, in the directory ${program} of the package octopipeline: go install .`,
  });
