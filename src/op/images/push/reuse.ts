import type { Context } from '../../context.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Head } from '../../systems/git/head.js';
import { asksForPassword } from '../../systems/registry/challenge.js';
import { type Access, hasCredential, type LookUp, lookUp } from '../../systems/registry/crane.js';
import { formatReference, registryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { whyNotReused } from '../plan/already-built.js';

/** Whether an image is there already, under a tag that names the source: with its digest, or why it is to be built. */
export type Found =
  | { readonly image: BuiltImage; readonly digest: string }
  | { readonly image: BuiltImage; readonly build: string };

const requestsAtOnce = 4;

/**
 * Asks the registry for every image that would be built. It also finds out, before a long build, that the registry cannot be
 * reached or wants credentials.
 * @returns one answer an image, in their order
 * @throws OpError (tool) when the registry cannot be used
 */
export async function lookForImages(
  context: Context,
  access: Access,
  images: readonly BuiltImage[],
  head: Head | undefined,
  rebuild: boolean,
): Promise<readonly Found[]> {
  const answers = valuesOf(await mapConcurrently(images, requestsAtOnce, (image) => usable(context, access, image)));
  return images.map((image, index) => {
    const answer = answers[index];
    if (rebuild) return { image, build: '--rebuild asks for it' };
    const why = whyNotReused(image, head);
    if (why !== undefined) return { image, build: `${image.imageName}: ${why}` };
    if (answer === undefined || !('digest' in answer)) {
      return { image, build: `${formatReference(image.reference)} is not in the registry` };
    }
    return { image, digest: answer.digest };
  });
}

/**
 * A registry with a token service may refuse to read what does not exist yet, and still take a push. So a refusal ends the command
 * only when there is no credential at all, or it is the password that is refused.
 */
async function usable(context: Context, access: Access, image: BuiltImage): Promise<LookUp> {
  const answer = await lookUp(context, access, image.reference);
  if ('digest' in answer || answer.problem === 'absent') return answer;
  const registry = registryOf(image.reference);
  const unclear =
    answer.problem === 'other' ||
    (answer.problem === 'refused' &&
      (await hasCredential(context, access, registry)) &&
      !(await asksForPassword(registry, context.signal)));
  if (!unclear) throw answer.error;
  context.log.warn(`cannot see whether ${formatReference(image.reference)} is there already: ${answer.error.why}`);
  return answer;
}
