import { join } from 'node:path';
import { pullLayout } from '../../systems/registry/crane.js';
import type { Made, Making } from '../plan/made.js';

/**
 * The OCI layout of an image; what another engine put into a registry of this machine's loopback is taken from there.
 * @param forImage the image that is built on it: two that are built at the same time do not share a directory
 */
export async function exportedLayout(
  { ready, context }: Making,
  layouts: string,
  image: Made,
  forImage: string,
): Promise<string> {
  if (image.layout !== undefined) return image.layout;
  const directory = join(
    layouts,
    `for ${encodeURIComponent(forImage)}`,
    (image.reference.digest ?? '').replace(':', '-'),
  );
  await pullLayout(context, ready.access, image.reference, directory);
  return directory;
}
