import type { Context } from '../../context.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Head } from '../../systems/git/head.js';
import { hasCredential, type LookUp, lookUp, type RegistryAccess } from '../../systems/registry/crane.js';
import { asksForPassword } from '../../systems/registry/protocol.js';
import { formatReference, registryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

/** The digest of an image that the registry has under a tag that names the source, or why it has to be built. */
export type ReuseDecision =
  | { readonly image: BuiltImage; readonly digest: string }
  | { readonly image: BuiltImage; readonly buildBecause: string };

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
  head: Head | undefined,
  rebuild: boolean,
): Promise<readonly ReuseDecision[]> {
  const answers = valuesOf(
    await mapConcurrently(images, requestsAtOnce, (image) => lookUpOrFail(context, access, image)),
  );
  return images.map((image, index) => {
    const answer = answers[index];
    if (rebuild) return { image, buildBecause: '--rebuild is set' };
    const why = whyNotReused(image, head);
    if (why !== undefined) return { image, buildBecause: `${image.imageName}: ${why}` };
    if (answer === undefined || !('digest' in answer)) {
      return { image, buildBecause: `${formatReference(image.reference)} is not in the registry` };
    }
    return { image, digest: answer.digest };
  });
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
      (await hasCredential(context, access, registry)) &&
      !(await asksForPassword(registry, context.signal)));
  if (!unclear) throw answer.error;
  context.log.warn(`cannot tell whether ${formatReference(image.reference)} already exists: ${answer.error.why}`);
  return answer;
}

/**
 * Whether a tag can only stand for the current source: it is the digest of the artifact's files (tag policy inputDigest), or it
 * contains the commit that is checked out, without changes. A tag such as `v1.2` or a date does neither.
 */
export function namesTheSource(tag: string, head: Head | undefined): boolean {
  if (isInputDigest(tag)) return true;
  if (head === undefined || head.changed > 0 || tag.endsWith('-dirty')) return false;
  const words = tag.split(/[^0-9a-z]+/u).map((word) => word.replace(/^g(?=[0-9a-f]{7,}$)/u, ''));
  return words.some((word) => /^[0-9a-f]{7,40}$/u.test(word) && head.commit.startsWith(word));
}

/** Whether the tag policy inputDigest made it, from the artifact's files and settings. */
export const isInputDigest = (tag: string) => /^[0-9a-f]{64}$/u.test(tag);

/**
 * Whether a tag will name the commit that is checked out although other files differ from it: Skaffold looks for changes only in the
 * artifact's own directory.
 */
export const namesCommitWrongly = (tag: string, head: Head | undefined) =>
  head !== undefined && head.changed > 0 && !isInputDigest(tag) && namesTheSource(tag, { ...head, changed: 0 });

/** Why an image cannot be reused, whatever the registry has; undefined when it can. */
function whyNotReused({ reference }: BuiltImage, head: Head | undefined): string | undefined {
  const { tag = 'latest' } = reference;
  if (namesTheSource(tag, head)) return undefined;
  if (head !== undefined && head.changed > 0)
    return `${filesDiffer(head.changed)} from commit ${head.commit.slice(0, 7)}`;
  return `its tag ${tag} names neither the commit nor the content`;
}

/** `1 file differs`, `3 files differ` */
export const filesDiffer = (count: number) => (count === 1 ? '1 file differs' : `${count} files differ`);
