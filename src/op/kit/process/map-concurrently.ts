/**
 * Runs `work` on each item, at most `atOnce` at a time, and returns the outcomes in the order of the items.
 * A failure does not stop the others.
 */
export async function mapConcurrently<Item, Value>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Value>,
): Promise<PromiseSettledResult<Value>[]> {
  const outcomes: PromiseSettledResult<Value>[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      outcomes[index] = await work(item).then(
        (value) => ({ status: 'fulfilled', value }),
        (reason: unknown) => ({ status: 'rejected', reason }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return outcomes;
}

/** The values of outcomes that must all have succeeded. @throws the first failure */
export function valuesOf<Value>(outcomes: readonly PromiseSettledResult<Value>[]): readonly Value[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
