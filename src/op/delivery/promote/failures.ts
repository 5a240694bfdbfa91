import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';

/**
 * The values of outcomes that must all be there.
 * @param what for a number of images that failed: what that means
 * @throws the reason of the one that failed; OpError for several, of the kind of a refusal, if there is one: that is what a person must
 * decide about; the signal's reason when op was told to stop
 */
export function allOf<Value>(
  { signal }: Context,
  outcomes: readonly PromiseSettledResult<Value>[],
  what: (count: number) => string,
): readonly Value[] {
  signal.throwIfAborted();
  const failed = outcomes.flatMap((outcome): readonly unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (failed.length === 0) return outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  throw oneOf(failed, what);
}

/** Reasons that are printed: a registry that is not there is one for each image. */
const shown = 5;

function oneOf(reasons: readonly unknown[], what: (count: number) => string): unknown {
  const known = reasons.filter((reason) => reason instanceof OpError);
  const first = known.find(({ kind }) => kind === 'refused') ?? known[0];
  // What is no OpError is a defect of ours.
  if (first === undefined || known.length < reasons.length) return reasons.find((one) => !(one instanceof OpError));
  if (known.length === 1) return first;
  const lines = known.slice(0, shown).map((error) => `${error.message}: ${error.why}`);
  const why = [...lines, ...(known.length > shown ? [`and ${known.length - shown} more`] : [])].join('\n');
  return new OpError(first.kind, { what: what(known.length), why, hint: first.hint, cause: first });
}
