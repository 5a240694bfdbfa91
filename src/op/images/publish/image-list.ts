import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { type BuildResult, type BuiltImage, selectImages } from '../build-result/build-result.js';
import { readBuildResult } from '../build-result/result-file.js';
import type { ImagesSource } from './options.js';
import { readImageInfo } from './read-image-info.js';

/** The default name of the file with the list of images. */
export const usualBuildResult = 'build_result.json';

/**
 * The chosen images: of a build result, or as they were published.
 * @throws OpError (input) when there are none, or a name is unknown
 */
export async function imagesOf(context: Context, source: ImagesSource): Promise<readonly BuiltImage[]> {
  const { fromImageInfo, buildResult = usualBuildResult, imageName } = source;
  const result: BuildResult = fromImageInfo
    ? await readImageInfo(context, source)
    : await readBuildResult(resolve(context.cwd, buildResult));
  if (imageName.length === 0) return result.images;
  return [...new Set(imageName.flatMap((name) => selectImages(result, name)))];
}
