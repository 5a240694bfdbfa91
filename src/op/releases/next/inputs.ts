import type { Json } from '../../store/documents/body.js';
import type { PlanInput, Run, UsedInput } from '../documents/shapes.js';
import {
  formatReference,
  packageOf,
  parseReference,
  type Reference,
  releaseNumber,
  valueAt,
} from '../reference/reference.js';
import type { Snapshot } from './snapshot.js';

/** The value that a reference has now; undefined when there is none. */
export function valueNow(snapshot: Snapshot, text: string): Json | undefined {
  const reference = parseReference(text);
  return valueAt(bodyOf(snapshot, reference), reference.fragment) as Json | undefined;
}

function bodyOf(snapshot: Snapshot, reference: Reference): unknown {
  const { type, subpath, release } = reference;
  if (type === 'environment') {
    const found = snapshot.environments.get(subpath);
    return found && { name: found.name, attributes: found.attributes };
  }
  if (type === 'custom') return snapshot.custom.get(formatReference({ ...reference, fragment: [] }));
  const view = snapshot.packages.get(packageOf(reference));
  if (view === undefined || (type !== 'deploy' && type !== 'task')) return undefined;
  if (release === '') {
    if (type === 'task') {
      const task = view.document.tasks[subpath];
      return task && { release: `r${task.release}`, output: task.output };
    }
    const current = view.document.deployments[subpath]?.current;
    return current && { release: `r${current.release}`, input: plainOf(current.inputs), output: current.output };
  }
  const number = releaseNumber(release);
  const runs = number === undefined ? [] : (view.releases.get(number)?.runs ?? []);
  const ended = lastOf(runs, ({ item, status }) => item === `${type}/${subpath}` && status === 'complete');
  return ended && { release, input: plainOf(ended.inputs), output: ended.output ?? {} };
}

export const lastOf = (runs: readonly Run[], fits: (run: Run) => boolean): Run | undefined => runs.findLast(fits);

/** The values of inputs by name. */
export const plainOf = (inputs: Readonly<Record<string, UsedInput>>): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { value }]) => [name, value]));

interface Resolved {
  readonly inputs: Readonly<Record<string, UsedInput>>;
  /** The references that have no value and no default. */
  readonly missing: readonly { readonly name: string; readonly ref: string }[];
}

/** What the inputs of a plan are now. */
export function resolveInputs(snapshot: Snapshot, planned: Readonly<Record<string, PlanInput>>): Resolved {
  const inputs: Record<string, UsedInput> = {};
  const missing: { name: string; ref: string }[] = [];
  for (const [name, input] of Object.entries(planned)) {
    if ('value' in input) inputs[name] = { value: input.value };
    else {
      const value = valueNow(snapshot, input.ref) ?? input.default;
      if (value === undefined) missing.push({ name, ref: input.ref });
      else inputs[name] = { ...input, value };
    }
  }
  return { inputs, missing };
}

/**
 * What the inputs of a deployment are now. What a reference to a numbered release gave does not change, and what is gone stays what it
 * was; a deployment does not follow its own output, or it would never come to rest.
 */
export function refreshInputs(
  snapshot: Snapshot,
  own: string,
  used: Readonly<Record<string, UsedInput>>,
): Readonly<Record<string, UsedInput>> {
  return Object.fromEntries(
    Object.entries(used).map(([name, input]) => {
      if (input.ref === undefined || isFixed(input.ref, own)) return [name, input];
      return [name, { ...input, value: valueNow(snapshot, input.ref) ?? input.default ?? input.value }];
    }),
  );
}

function isFixed(text: string, own: string): boolean {
  const reference = parseReference(text);
  if (formatReference({ ...reference, fragment: [] }) === own) return true;
  return reference.type !== 'custom' && reference.type !== 'environment' && reference.release !== '';
}
