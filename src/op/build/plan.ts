import type { BuiltImage } from '../build-result/build-result.js';
import type { Context } from '../context.js';
import type { Head } from '../git/head.js';
import { each, valuesOf } from '../process/each.js';
import { asksForPassword } from '../registry/challenge.js';
import { type Access, hasCredential, type LookUp, lookUp } from '../registry/crane.js';
import { formatReference, registryOf } from '../registry/reference.js';
import { whyNotReused } from './already-built.js';

/** Whether there is anything to build. */
export type Plan = { readonly reuse: readonly BuiltImage[] } | { readonly build: string };

const requestsAtOnce = 4;

/**
 * Asks the registry for every image that would be built. It also finds out, before a long build, that the registry cannot be
 * reached or wants credentials.
 * @returns the images with their digests when all of them are there and each tag names the source, else why to build
 * @throws OpError (tool) when the registry cannot be used
 */
export async function planFor(
  context: Context,
  access: Access,
  images: readonly BuiltImage[],
  head: Head | undefined,
  rebuild: boolean,
): Promise<Plan> {
  const found = valuesOf(await each(images, requestsAtOnce, (image) => usable(context, access, image)));
  if (rebuild) return { build: '--rebuild asks for it' };
  for (const image of images) {
    const why = whyNotReused(image, head);
    if (why !== undefined) return { build: `${image.imageName}: ${why}` };
  }
  const reuse: BuiltImage[] = [];
  for (const [index, image] of images.entries()) {
    const answer = found[index];
    if (answer === undefined || !('digest' in answer)) {
      return { build: `${formatReference(image.reference)} is not in the registry` };
    }
    reuse.push({ ...image, reference: { ...image.reference, digest: answer.digest } });
  }
  return { reuse };
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
