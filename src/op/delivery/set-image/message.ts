import { oneLine } from '../../kit/log/printable.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { DeliveredImage } from './images.js';

/** The usual message of a commit: what goes where in one line, then every image with its digest. */
export function commitMessage(
  images: readonly DeliveredImage[],
  environment: string,
  component: string | undefined,
): string {
  const names = images.map(({ imageName, reference: { tag } }) => `${oneLine(imageName)} ${tag ?? ''}`.trim());
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const subject = `Deliver ${component === undefined ? '' : `${component} `}to ${environment}: ${shown}`;
  return `${subject}\n\n${images.map(({ reference }) => formatReference(reference)).join('\n')}`;
}
