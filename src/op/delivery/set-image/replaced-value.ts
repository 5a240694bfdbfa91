import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { parseReference, repositoryOf } from '../../systems/registry/reference.js';
import { isSameRepository } from '../../systems/registry/same-repository.js';
import type { ImagePart } from '../environments/environment.js';
import type { DeliveredImage } from './images.js';

/**
 * Checks that a value is what the new one may replace: the same part of the same image, or nothing yet.
 * @param before the value in the file
 * @param place for messages
 * @throws OpError (refused) for another image, (input) for another kind of text
 */
export function checkReplaced(before: string, image: DeliveredImage, part: ImagePart, place: string): void {
  const text = before.trim();
  const refuse = (why: string, hint: string) => inputError({ what: `${place} is not set`, why, hint });
  const lines = text.split('\n').length;
  if (lines > 1) {
    throw refuse(
      `it is a text of ${lines} lines, which would be replaced as a whole`,
      'give the path of a single value',
    );
  }
  if (part !== 'reference' && part !== 'repository') {
    if (!text.includes('/')) return;
    throw refuse(
      `it is "${oneLine(text)}", a whole image, and the ${part} would replace all of it`,
      `write =${image.imageName}:reference instead of =${image.imageName}:${part}`,
    );
  }
  const found = parseReference(text);
  // Nothing, or what stands for an image: ${IMAGE}, <image>.
  if ('problem' in found) return;
  const name = repositoryOf(found);
  if (image.repositories.some((one) => isSameRepository(one, name)) || hasNameOf(name, image)) return;
  throw refusedError({
    what: `${place} is not set to image "${oneLine(image.imageName)}"`,
    why: `it has another image, ${oneLine(text)}`,
    hint: `correct the path: an item of a list has one by name, such as containers[name=web].image; if it is the right one, write ${oneLine(image.imageName)} there first`,
  });
}

/** Wherever it was built or copied to: `ghcr.io/old/web` has the name of the image `web`, and of `team/web`, as has `ghcr.io/old/team_web`. */
function hasNameOf(name: string, { imageName, repositories }: DeliveredImage): boolean {
  const lastOf = (text: string) => text.slice(text.lastIndexOf('/') + 1);
  return [imageName, imageName.replaceAll('/', '_'), ...repositories].some((one) => lastOf(one) === lastOf(name));
}
