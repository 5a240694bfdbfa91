import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { clearResult, writeBuildResult } from '../../images/build-result/result-file.js';
import { usualBuildResult } from '../../images/publish/image-list.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { oneLine } from '../../kit/log/printable.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { PromotedImage } from './copy-images.js';
import type { PromoteRequest } from './options.js';

/** The files that a promotion writes; absolute paths. */
export interface ResultFiles {
  readonly promotion: string;
  readonly buildResult: string;
}

/** One side of a promotion, as the result has it. */
export interface Side {
  readonly environment: string;
  readonly repository: string | null;
}

/**
 * The paths of the files: the build result of the destination is next to that of the source.
 * @throws OpError (input) when the destination is not a valid name, (usage) when two files are the same
 */
export function resultFilesOf({ cwd }: Context, request: PromoteRequest): ResultFiles {
  const { destination = 'none' } = request;
  // It becomes part of a file name before it is known whether the environment exists.
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(destination)) {
    throw inputError({
      what: `"${oneLine(destination)}" is not the name of an environment`,
      why: 'names consist of at most 63 of a-z, 0-9 and "-"',
      hint: 'give --destination as written in environments.yaml',
    });
  }
  const source = resolve(cwd, (request.fromImageInfo ? undefined : request.buildResult) ?? usualBuildResult);
  const promotion = resolve(cwd, request.promotionResult ?? 'promotion_result.json');
  const extension = extname(source);
  const usual = join(dirname(source), `${basename(source, extension)}.${destination}${extension}`);
  const buildResult = resolve(cwd, request.destinationBuildResult ?? usual);
  if (new Set([source, promotion, buildResult]).size === 3) return { promotion, buildResult };
  throw usageError({
    what: 'a result of the promotion would overwrite another of its files',
    why: `the build result is ${source}, that of ${destination} is ${buildResult}, and the promotion result is ${promotion}`,
    hint: 'give three different files',
  });
}

/**
 * Removes the results of an earlier promotion, so that they are not mistaken for those of a failed one, and checks that new ones can be
 * written.
 * @throws OpError (input)
 */
export async function removeOldResults({ promotion, buildResult }: ResultFiles): Promise<void> {
  const hint = 'give writable files with --promotion-result and --destination-build-result';
  for (const path of [promotion, buildResult]) await clearResult(path, hint);
}

/** The list of the images at the destination. */
export interface DestinationList {
  readonly images: readonly BuiltImage[];
  /** Of the bytes that were written; empty when none were. */
  readonly digest: string;
}

/** Writes both files; the build result last: when it exists, both do. */
export async function writePromotionResults(
  files: ResultFiles,
  { source, destination }: { readonly source: Side | null; readonly destination: Side },
  images: readonly PromotedImage[],
): Promise<DestinationList> {
  const promoted = images.map(({ imageName, from, to, digest, outcome, referrers }) => ({
    imageName,
    source: source === null ? null : formatReference(from),
    destination: formatReference(to),
    digest,
    outcome,
    referrers: referrers?.length ?? null,
  }));
  const built = images.map(({ imageName, to }): BuiltImage => ({ imageName, reference: to }));
  await writeAtomic(files.promotion, `${JSON.stringify({ source, destination, images: promoted }, undefined, 2)}\n`);
  return { images: built, digest: await writeBuildResult(files.buildResult, built) };
}
