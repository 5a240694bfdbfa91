import type { Context } from '../../context.js';
import { lookUp, tagImage } from '../../systems/registry/crane.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { PreparedBuild } from '../plan/prepare.js';
import { mayMove, recordsOf } from './source-tags.js';

type Scope = Pick<PreparedBuild, 'context' | 'access' | 'head'>;

/**
 * Records which commit an image was built from, if its tag does not name it: the next run finds it. Without this record, an image is not
 * replaced, so a failure is only told.
 * @param image with tag and digest
 * @param tree the id of the tree of its context, if its tag may name it
 */
export async function recordCommit(
  { context, access, head }: Scope,
  image: Reference,
  tree: string | undefined,
): Promise<void> {
  const records = recordsOf(image, head);
  if (records === undefined || image.digest === undefined || mayMove(image.tag ?? 'latest', head, tree)) return;
  await tagImage(context, access, image, records.finished).catch((error: Error) => {
    context.signal.throwIfAborted();
    context.log.warn(`${formatReference(image)}: the next build cannot tell which commit it is from: ${error.message}`);
  });
}

/** What the registry had under a tag before the build. */
export interface Before {
  readonly reference: Reference;
  /** Undefined: nothing. */
  readonly digest: string | undefined;
}

/** Milliseconds: less than Kubernetes waits before it kills a pod that is stopped. */
const longest = 10_000;

/**
 * After a build that failed or was stopped: records the images that it has pushed all the same, so that it can simply be started again.
 * They are not used, because their builders may have failed after the push, but they may be replaced.
 */
export async function recordUnfinished(
  { context: stopped, access, head }: Scope,
  before: readonly Before[],
): Promise<void> {
  const context: Context = { ...stopped, signal: AbortSignal.timeout(longest) };
  const digestOf = async (reference: Reference, tag = reference.tag) => {
    const found = await lookUp(
      context,
      { ...access, pauses: [] },
      tag === undefined ? reference : { ...reference, tag },
    );
    return 'digest' in found ? found.digest : undefined;
  };
  // What failed before is the error to report.
  await Promise.allSettled(
    before.map(async ({ reference, digest: old }) => {
      const records = recordsOf(reference, head);
      if (records === undefined) return;
      const digest = await digestOf(reference);
      if (digest === undefined || digest === old) return;
      if ((await digestOf(reference, records.finished)) === digest) return;
      await tagImage(context, access, { ...reference, digest }, records.unfinished);
    }),
  );
}
