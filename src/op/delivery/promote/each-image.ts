import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';

/**
 * The values of outcomes that must all have succeeded.
 * @param what describes the failure, for the number of images that failed
 * @throws the reason of the only one that failed; for several one OpError, of the kind `refused` if one of them is: a person must decide
 * about that one; the signal's reason when op was told to stop
 */
export function allSucceeded<Value>(
  { signal }: Context,
  outcomes: readonly PromiseSettledResult<Value>[],
  what: (count: number) => string,
): readonly Value[] {
  signal.throwIfAborted();
  const failed = outcomes.flatMap((outcome): readonly unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (failed.length === 0) return outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  throw combined(failed, what);
}

/** How many reasons are printed: a registry that is down gives one for each image. */
const shown = 5;

function combined(reasons: readonly unknown[], what: (count: number) => string): unknown {
  const known = reasons.filter((reason) => reason instanceof OpError);
  const first = known.find(({ kind }) => kind === 'refused') ?? known[0];
  // Anything but an OpError is a bug in op.
  if (first === undefined || known.length < reasons.length) return reasons.find((one) => !(one instanceof OpError));
  if (known.length === 1) return first;
  const lines = known.slice(0, shown).map((error) => `${error.message}: ${error.why}`);
  const why = [...lines, ...(known.length > shown ? [`and ${known.length - shown} more`] : [])].join('\n');
  return new OpError(first.kind, { what: what(known.length), why, hint: first.hint, cause: first });
}
