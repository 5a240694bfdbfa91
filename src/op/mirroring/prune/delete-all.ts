import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import type { RecordedImage } from '../history/recorded.js';
import type { WrittenImage } from '../history/written.js';
import type { Mirror } from '../mirror-file/read.js';
import { referenceOf, tagOrDigest } from '../plan/plan.js';
import { createDeleter, type Deleter, DeletesNothing } from './delete-image.js';
import { repositoryOf } from './keep-by-rule.js';
import { judge } from './plan-prune.js';
import type { PruneItem, PrunePlan } from './prune-plan.js';

/**
 * Deletes what a plan says: repositories side by side, the images of one in turn. One that fails does not stop the others.
 * @returns a registry that deletes nothing: its images are not tried one by one
 */
export async function deleteAll(
  context: Context,
  { mirror, registries }: { readonly mirror: Mirror; readonly registries: Registries },
  {
    plan,
    images,
    selected,
  }: {
    readonly plan: PrunePlan;
    readonly images: readonly WrittenImage[];
    /** What stays, as the newest run left it. */
    readonly selected: readonly RecordedImage[];
  },
  onDone: (item: PruneItem) => void,
): Promise<DeletesNothing | undefined> {
  const items = plan.items.filter(({ action }) => action === 'delete');
  const digestsAt = new Map(images.map(({ destination, digests }) => [destination, digests]));
  const repositories = [...new Set(items.map(({ destination }) => repositoryOf(destination)))];
  const closed = new Map<string, DeletesNothing>();
  const ended = await mapConcurrently(repositories, mirror.parallel, async (name) => {
    const here = items.filter(({ destination }) => repositoryOf(destination) === name);
    const kept = plan.items.filter(({ action }) => action !== 'delete');
    const target = here[0] && referenceOf(here[0].destination);
    if (target === undefined) return;
    const repository = await registries.repository(target);
    const remove = createDeleter({
      repository,
      leaving: new Set(here.flatMap(({ destination }) => referenceOf(destination).tag ?? [])),
      staying: [...selected, ...kept]
        .filter(({ destination }) => repositoryOf(destination) === name)
        .flatMap(({ destination, digest }) => digest ?? referenceOf(destination).digest ?? []),
    });
    const deleted = new Set<string | null>();
    for (const item of here) {
      if (closed.has(repository.api.registry)) return;
      const find = (signal: AbortSignal) => findDigest(repository, tagOrDigest(referenceOf(item.destination)), signal);
      const digests = digestsAt.get(item.destination) ?? [];
      const done = await deleteOne(context, mirror.timeout, { item, digests, find, remove });
      if (done instanceof DeletesNothing) {
        closed.set(repository.api.registry, done);
        return;
      }
      // With another tag of the same image, where a registry deletes whole images.
      const isWithOther = done.action === 'gone' && deleted.has(item.digest);
      if (done.action === 'deleted') deleted.add(item.digest);
      onDone(isWithOther ? { ...item, action: 'deleted' } : done);
    }
  });
  valuesOf(ended);
  return [...closed.values()][0];
}

async function deleteOne(
  context: Context,
  timeout: number,
  {
    item,
    digests,
    find,
    remove,
  }: {
    readonly item: PruneItem;
    readonly digests: readonly string[];
    readonly find: (signal: AbortSignal) => Promise<string | undefined>;
    readonly remove: Deleter;
  },
): Promise<PruneItem | DeletesNothing> {
  const { destination } = item;
  using deadline = startDeadline(context, timeout, {
    what: `cannot delete ${destination}`,
    why: `it took longer than ${timeout / 1000} s`,
    hint: 'run the same command again, or increase run.timeout',
  });
  const { signal } = deadline.context;
  try {
    // Again: somebody may have moved it since the plan was made.
    const now = judge({ digests }, await find(signal));
    const { digest } = now;
    if (now.action !== 'delete' || digest === null) return { ...item, ...now };
    const outcome = await remove({ ...item, digest }, signal);
    if (outcome !== 'deleted') return { ...item, action: 'keep', why: outcome.keptBy };
    context.log.step(`deleted ${destination} (${digest})`);
    return { ...item, digest, action: 'deleted' };
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof DeletesNothing) return error;
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    context.log.warn(`${error.message}: ${error.why}`);
    return { ...item, action: 'failed', why: `${error.message}: ${error.why}` };
  }
}
