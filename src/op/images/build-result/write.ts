import { writeAtomic } from '../../kit/files/write-atomic.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from './build-result.js';

/**
 * The text of a build result, as Skaffold writes it: one line,
 * `{"builds":[{"imageName":"app","tag":"registry/app:tag@sha256:…"}]}`.
 */
export function formatBuildResult(images: readonly BuiltImage[]): string {
  const builds = images.map(({ imageName, reference }) => ({ imageName, tag: formatReference(reference) }));
  return `${JSON.stringify({ builds })}\n`;
}

/** Writes a build result whole or not at all. */
export const writeBuildResult = (path: string, images: readonly BuiltImage[]) =>
  writeAtomic(path, formatBuildResult(images));
