import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Head } from '../../systems/git/head.js';
import { asksForPassword } from '../../systems/registry/client/support.js';
import { hasCredential, type LookUp, lookUp, type RegistryAccess } from '../../systems/registry/crane.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { mayMove, namesTheSource, type Records, recordsOf } from './source-tags.js';

/**
 * The digest of an image that was built from the source, which its tag names or a record shows; or why it has to be built, and what its
 * tag names before; or the digest of another image, that its tag must not be taken from.
 */
export type ReuseDecision = { readonly image: BuiltImage } & (
  | { readonly digest: string }
  | { readonly buildBecause: string; readonly before: string | undefined }
  | { readonly occupiedBy: string }
);

/** What is built. */
interface Source {
  readonly head: Head | undefined;
  /** The ids of trees in the commit, by the names of the images whose contexts they are. */
  readonly trees: ReadonlyMap<string, string>;
  /** Nothing is reused. */
  readonly rebuild: boolean;
}

const requestsAtOnce = 4;

/**
 * Looks up every image in the registry. This also finds out, before a long build, whether the registry cannot be reached or requires
 * credentials.
 * @returns one decision for each image, in the same order
 * @throws OpError (tool) when the registry cannot be used
 */
export async function findAlreadyBuilt(
  context: Context,
  access: RegistryAccess,
  images: readonly BuiltImage[],
  { head, trees, rebuild }: Source,
): Promise<readonly ReuseDecision[]> {
  return valuesOf(
    await mapConcurrently(images, requestsAtOnce, async (image): Promise<ReuseDecision> => {
      const answer = await lookUpOrFail(context, access, image);
      const before = 'digest' in answer ? answer.digest : undefined;
      if (rebuild) return { image, buildBecause: '--rebuild is set', before };
      const { tag = 'latest' } = image.reference;
      const found = namesTheSource(tag, head);
      if (!found && mayMove(tag, head, trees.get(image.imageName))) {
        return { image, buildBecause: `${image.imageName}: ${whyNotReused(tag, head)}`, before };
      }
      if (before === undefined) {
        return { image, buildBecause: `${formatReference(image.reference)} is not in the registry`, before };
      }
      const record = found ? 'finished' : await recordOf(context, access, image.reference, before, head);
      if (record === 'finished') return { image, digest: before };
      if (record === undefined) return { image, occupiedBy: before };
      return { image, buildBecause: `${formatReference(image.reference)} is from a build that did not finish`, before };
    }),
  );
}

/**
 * @throws OpError (refused) that names every image whose tag belongs to an image that is not known to be from this commit: a tag such as
 * `v1.2.3` is not moved without a word
 */
export function refuseOccupied(decisions: readonly ReuseDecision[], head: Head | undefined): void {
  const occupied = decisions.filter((decision) => 'occupiedBy' in decision);
  if (occupied.length === 0) return;
  const names = occupied.map(({ image }) => formatReference(image.reference));
  const found = occupied.map(
    ({ image, occupiedBy }) => `${formatReference(image.reference)} is ${occupiedBy.slice(0, shortDigest)}`,
  );
  const source = head === undefined ? 'this source, which is no commit' : `commit ${head.commit.slice(0, 7)}`;
  const why =
    head !== undefined && head.changed > 0
      ? `${filesDiffer(head.changed)} from ${source}`
      : `nothing shows that it was built from ${source}`;
  throw refusedError({
    what: `${names.join(', ')} ${names.length === 1 ? 'exists' : 'exist'}, and a build would replace ${names.length === 1 ? 'it' : 'them'}`,
    why: [...found, why].join('\n'),
    hint: 'build under another tag; or, if this commit shall have the tag, set rebuild: it moves the tag to the new image',
  });
}

const shortDigest = 'sha256:'.length + 12;

/** The record that shows that what a tag names now was built from the commit. */
async function recordOf(
  context: Context,
  access: RegistryAccess,
  reference: Reference,
  digest: string,
  head: Head | undefined,
): Promise<keyof Records | undefined> {
  const records = recordsOf(reference, head);
  if (records === undefined) return undefined;
  for (const kind of ['finished', 'unfinished'] as const) {
    const recorded = await lookUp(context, access, { ...reference, tag: records[kind] });
    if ('digest' in recorded && recorded.digest === digest) return kind;
    // Without an answer it would look like somebody else's image.
    if ('problem' in recorded && (recorded.problem === 'unreachable' || recorded.problem === 'busy'))
      throw recorded.error;
  }
  return undefined;
}

/**
 * A registry with a token service may refuse to read an image that does not exist yet, and still accept a push. So a refusal ends the
 * command only when there is no credential, or when the password is refused.
 */
async function lookUpOrFail(context: Context, access: RegistryAccess, image: BuiltImage): Promise<LookUp> {
  const answer = await lookUp(context, access, image.reference);
  if ('digest' in answer || answer.problem === 'absent') return answer;
  const registry = registryOf(image.reference);
  const unclear =
    answer.problem === 'other' ||
    (answer.problem === 'refused' &&
      (await hasCredential(context, access, image.reference)) &&
      !(await asksForPassword(context, registry, access.insecure)));
  if (!unclear) throw answer.error;
  context.log.warn(`cannot tell whether ${formatReference(image.reference)} already exists: ${answer.error.why}`);
  return answer;
}

/** Why an image cannot be reused, whatever the registry has. */
function whyNotReused(tag: string, head: Head | undefined): string {
  if (head !== undefined && head.changed > 0)
    return `${filesDiffer(head.changed)} from commit ${head.commit.slice(0, 7)}`;
  return `its tag ${tag} names neither the commit nor the content`;
}

/** `1 file differs`, `3 files differ` */
export const filesDiffer = (count: number) => (count === 1 ? '1 file differs' : `${count} files differ`);
