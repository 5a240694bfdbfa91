import type { Context } from '../../context.js';
import type { Setting } from '../../kit/config/setting.js';
import { OpError, refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { copyImage, lookUp, type RegistryAccess } from '../../systems/registry/crane.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { dryRun } from '../skaffold/build.js';
import type { Project } from '../skaffold/project.js';
import { refuseOutside } from './below-repository.js';

const copiesAtOnce = 4;

interface Copy {
  readonly from: Reference;
  readonly to: Reference;
  /** Another image keeps the tag. */
  readonly keep: boolean;
}

/**
 * Copies all images to the other registries, under the names that Skaffold would give them there and with the same tag, and then
 * checks that each has the same digest. Images that already exist are not copied. One failure does not stop the others.
 * @param keeps whether a tag must not be taken from another image
 * @throws OpError (tool, or refused for a digest that differs) that lists every copy that failed
 */
export async function copyToAll(
  context: Context,
  access: RegistryAccess,
  project: Project,
  images: readonly BuiltImage[],
  others: readonly Setting[],
  keeps: (image: BuiltImage) => boolean = () => false,
): Promise<void> {
  const copies: Copy[] = [];
  for (const { value } of others) copies.push(...(await copiesTo(context, project, images, value, keeps)));
  context.log.step(`copying ${countOf(images.length, 'image')} to ${others.map(({ value }) => value).join(', ')}`);
  const outcomes = await mapConcurrently(copies, copiesAtOnce, (copy) => copyAndCompare(context, access, copy));
  // Interrupted or timed out: that is one reason, not one per copy.
  context.signal.throwIfAborted();
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (failures.length === 0) return;
  const [first] = failures;
  const known = failures.filter((failure) => failure instanceof OpError);
  if (failures.length === 1 || known.length < failures.length) throw first;
  throw new OpError(known.some(({ kind }) => kind === 'refused') ? 'refused' : 'tool', {
    what: `${failures.length} of ${copies.length} copies failed; the images are pushed to the first registry`,
    why: known.map(({ message, why }) => `${message}: ${why}`).join('\n'),
    hint: [
      ...new Set(known.map(({ hint }) => hint)),
      'then run the same command again: it copies only what is missing',
    ].join('\n'),
  });
}

/** A dry run gives the names for another registry; the tag is kept, because it may be the time of the build. */
async function copiesTo(
  context: Context,
  project: Project,
  images: readonly BuiltImage[],
  repository: string,
  keeps: (image: BuiltImage) => boolean,
) {
  const wanted = await dryRun(context, project, repository);
  refuseOutside(wanted, repository);
  const named = new Map(wanted.map((image) => [image.imageName, image.reference]));
  return images.map((image): Copy => {
    const { imageName, reference: from } = image;
    const { tag: _, ...target } = named.get(imageName) ?? from;
    return { from, to: from.tag === undefined ? target : { ...target, tag: from.tag }, keep: keeps(image) };
  });
}

async function copyAndCompare(context: Context, access: RegistryAccess, { from, to, keep }: Copy): Promise<void> {
  const name = formatReference(to);
  const before = await lookUp(context, access, to);
  if ('digest' in before && before.digest === from.digest) return context.log.step(`  already up to date: ${name}`);
  if ('problem' in before && (before.problem === 'unreachable' || before.problem === 'busy')) throw before.error;
  if ('digest' in before && keep) {
    throw refusedError({
      what: `${name} exists, and a copy would replace it`,
      why: `it has the digest ${before.digest}, and the image to copy ${from.digest}`,
      hint: 'build under another tag; or, if this image shall have the tag, set rebuild: it moves the tag',
    });
  }
  await copyImage(context, access, from, to);
  const after = await lookUp(context, access, to);
  if ('problem' in after) throw after.error;
  if (after.digest !== from.digest) {
    throw refusedError({
      what: `${name} is not what was copied`,
      why: `it has the digest ${after.digest}, but ${from.digest} was copied`,
      hint: 'find out what else pushes to that tag, then run the same command again',
    });
  }
  context.log.step(`  copied: ${name}@${from.digest}`);
}
