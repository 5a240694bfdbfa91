import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { PlanItem } from '../plan/plan.js';
import { readTree, type Tree } from '../registries/manifests.js';
import type { Origins } from '../registries/origin.js';
import type { Expected } from '../resolve/expected-digests.js';
import type { Wanted } from '../resolve/list-images.js';
import { hasImage, newContent, type State } from './state.js';

/** What images are compared with. */
export interface DiskSides {
  readonly origins: Origins;
  readonly expected: Expected;
  readonly state: State;
  /** Milliseconds for one image. */
  readonly timeout: number;
  /** Blobs that are counted already: each is written once. */
  readonly counted: Set<string>;
  /** What the images consist of that are to be written, by source; filled here. */
  readonly trees: Map<string, Tree>;
}

/** Says what is to be done with one image, for a segment. The source is asked by HEAD; a manifest is read only of what will be written. */
export async function compareToState(
  context: Context,
  sides: DiskSides,
  { from, to, source }: Wanted,
): Promise<PlanItem> {
  const { origins, expected, state, timeout, counted, trees } = sides;
  const names = { source: formatReference(from), destination: formatReference(to), fails: false };
  using deadline = startDeadline(context, timeout, {
    what: `cannot compare ${names.source}`,
    why: `it took longer than ${timeout / 1000} s`,
    hint: 'increase run.timeout',
  });
  const { signal } = deadline.context;
  const { platforms, referrers } = source;
  const { required = [] } = referrers ?? {};
  try {
    if (required.length > 0) {
      const why = `referrers.required is ${required.join(', ')}, and what refers to images is not written to disks yet`;
      return { ...names, action: 'missing', fails: true, why };
    }
    const origin = await origins(from);
    const sourceDigest = await origin.find(signal);
    if (sourceDigest === undefined)
      return { ...names, action: 'missing', fails: true, why: 'the source does not have it' };
    const digest = await expected(origin, sourceDigest, platforms, signal);
    const found = state.images.get(names.source)?.digest;
    const item = {
      ...names,
      digest,
      ...(digest === sourceDigest ? {} : { sourceDigest }),
      ...(platforms === undefined ? {} : { platforms }),
      ...(found === undefined ? {} : { found }),
      action: found === undefined ? 'copy' : 'overwrite',
    } as const;
    if (hasImage(state, item)) return { ...item, action: 'skip' };
    const tree = await readTree(origin.name, sourceDigest, (one) => origin.manifest(one, signal), platforms);
    const fresh = newContent(state, tree).filter((one) => !counted.has(one.digest));
    for (const one of fresh) counted.add(one.digest);
    trees.set(names.source, tree);
    return { ...item, bytes: fresh.reduce((sum, { size }) => sum + size, 0) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    return { ...names, action: 'unknown', fails: true, why: `${error.message}: ${error.why}` };
  }
}

/** A segment has each image once. @throws OpError (input) */
export function checkChoices(wanted: readonly Wanted[]): void {
  const choices = new Map<string, Wanted>();
  for (const one of wanted) {
    const name = formatReference(one.from);
    const other = choices.get(name) ?? one;
    choices.set(name, other);
    if (JSON.stringify(one.source.platforms) === JSON.stringify(other.source.platforms)) continue;
    throw inputError({
      what: `${name} is selected with different platforms`,
      why: `${other.source.at} and ${one.source.at} select it, and a segment has each image once`,
      hint: 'give both the same platforms',
    });
  }
}
