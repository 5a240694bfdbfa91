import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { masking } from '../../kit/log/masking.js';
import { printable } from '../../kit/log/printable.js';
import type { Json } from '../../store/documents/body.js';
import type { ItemFunction } from '../author/item-context.js';
import type { ReleaseDefinition } from '../author/release.js';
import { type Inputs, refTo } from '../author/values.js';
import { type Environment, jsonShape, valuesShape } from '../documents/shapes.js';
import type { ReferenceBase } from '../reference/reference.js';
import { effectsOf, homeOf } from './effects.js';
import { ProgramError, runHelper } from './helper.js';

/** Whether a file is written in Starlark. */
export const isStarlark = (path: string): boolean => path.endsWith('.star');

const input = v.object({
  ref: v.optional(v.string()),
  default: v.optional(jsonShape),
  value: v.optional(jsonShape),
});
const item = v.object({ key: v.string(), inputs: v.record(v.string(), input) });
const planned = v.object({
  phases: v.array(v.object({ name: v.string(), items: v.array(item) })),
  registered: v.array(v.object({ name: v.string(), attributes: v.record(v.string(), v.string()) })),
});
const ended = v.object({ outputs: valuesShape });

/** A file of a checkout, and what it is evaluated for. */
export interface StarlarkFile {
  /** The root of the checkout. */
  readonly root: string;
  /** The path of the file in it. */
  readonly path: string;
  readonly environments: readonly Environment[];
  readonly base: ReferenceBase;
  /** The value that a reference has now, for functions that hand off to others; undefined when there is none. */
  readonly valueNow: (reference: string) => Promise<Json | undefined>;
}

/**
 * Evaluates a file of a release that is written in Starlark, for these environments. What its functions do, they do in an evaluation of
 * their own: the file is evaluated again, which gives the same function.
 * @throws OpError (input) with `file:line:column` when it is not valid
 */
export async function starlarkRelease(context: Context, file: StarlarkFile): Promise<ReleaseDefinition> {
  const { path } = file;
  const { phases, registered } = await evaluated(context, file);
  return {
    octopipeline: 'release',
    name: path.replace(/(?:\.ocu)?\.star$/u, ''),
    define: (scope) => {
      for (const { name, attributes } of registered) scope.registerEnvironment(name, attributes);
      for (const { name, items } of phases) {
        const made = items.map(({ key, inputs: given }) => {
          const inputs: Inputs = Object.fromEntries(Object.entries(given).map(([name, one]) => [name, inputOf(one)]));
          const does = (action: string) => functionOf(context, file, key, action);
          const [is = '', called = ''] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
          if (is === 'task') return scope.call(called, { inputs, run: does('call') as never });
          const environment = { name: called, attributes: {} };
          return scope.deploy(environment, { inputs, up: does('up') as never, down: does('down') as never });
        });
        scope.phase(name, made);
      }
    },
  };
}

const inputOf = ({ ref, default: otherwise, value = null }: v.InferOutput<typeof input>) =>
  ref === undefined ? value : refTo(ref, otherwise ?? undefined);

async function evaluated(context: Context, file: StarlarkFile): Promise<v.InferOutput<typeof planned>> {
  const { root, path, environments, base, valueNow } = file;
  const { secret, masked, isIn } = masking();
  const log = (text: string) => context.log.step(`${path}: ${masked(printable(text))}`);
  const refuse = (why: string) =>
    inputError({ what: `${path} is not a valid release`, why, hint: 'correct the file, and see op release lint' });
  const effects = effectsOf({
    context,
    root,
    directory: homeOf(root, path),
    base,
    log,
    secret,
    tag: () => {},
    valueNow,
  });
  try {
    const plan = v.parse(planned, await runHelper(context, { do: 'package', file: path, environments }, effects));
    if (isIn(JSON.stringify(plan))) throw refuse('its plan contains a secret: plans are stored');
    return plan;
  } catch (error) {
    if (error instanceof ProgramError) throw refuse(masked(error.message));
    throw error;
  }
}

/** What an item does. */
const functionOf =
  (context: Context, { path, environments, base, valueNow }: StarlarkFile, key: string, action: string): ItemFunction =>
  async ({ inputs, log, secret, tag, signal, directory: root }) => {
    const inner = { ...context, signal };
    const values = v.parse(valuesShape, inputs);
    const room = { context: inner, root, directory: homeOf(root, path), base, log, secret, tag, valueNow };
    const request = { do: 'call', file: path, environments, item: key, action, inputs: values } as const;
    const { outputs } = v.parse(ended, await runHelper(inner, request, effectsOf(room)));
    return outputs;
  };
