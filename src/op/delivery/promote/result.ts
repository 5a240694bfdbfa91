import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { makeRoom } from '../../images/build-result/make-room.js';
import { writeBuildResult } from '../../images/build-result/write.js';
import { usualBuildResult } from '../../images/publish/image-list.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { oneLine } from '../../kit/log/printable.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Promoted } from './carry-out.js';
import type { PromoteRequest } from './options.js';

/** The files that a promotion writes; absolute paths. */
export interface ResultFiles {
  readonly promotion: string;
  readonly buildResult: string;
}

/** One side of a promotion. */
export interface Side {
  readonly environment: string;
  readonly repository: string | null;
}

/**
 * Where the files go: the build result of the destination beside that of the source.
 * @throws OpError (input) when the destination cannot be the name of an environment, (usage) when two files are one
 */
export function resultFilesOf({ cwd }: Context, request: PromoteRequest): ResultFiles {
  const { destination = 'none' } = request;
  // It becomes a part of the name of a file, before it is known whether there is such an environment.
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(destination)) {
    throw inputError({
      what: `"${oneLine(destination)}" is not the name of an environment`,
      why: 'names have at most 63 of a-z, 0-9 and "-"',
      hint: 'give --destination as it stands in environments.yaml',
    });
  }
  const source = resolve(cwd, (request.fromImageInfo ? undefined : request.buildResult) ?? usualBuildResult);
  const promotion = resolve(cwd, request.promotionResult ?? 'promotion_result.json');
  const extension = extname(source);
  const beside = join(dirname(source), `${basename(source, extension)}.${destination}${extension}`);
  const buildResult = resolve(cwd, request.destinationBuildResult ?? beside);
  if (new Set([source, promotion, buildResult]).size === 3) return { promotion, buildResult };
  throw usageError({
    what: 'a result of the promotion would take the place of another file of it',
    why: `the build result is ${source}, that of ${destination} ${buildResult}, and the promotion result ${promotion}`,
    hint: 'give three different files',
  });
}

/**
 * Removes the results of an earlier promotion, so that nobody takes them for those of a failed one, and finds out whether new ones can
 * be written.
 * @throws OpError (input)
 */
export async function removeOld({ promotion, buildResult }: ResultFiles): Promise<void> {
  const hint = 'name files that can be written with --promotion-result and --destination-build-result';
  for (const path of [promotion, buildResult]) await makeRoom(path, hint);
}

/** Writes both files; the build result last: who waits for it finds both. */
export async function writeResult(
  files: ResultFiles,
  { source, destination }: { readonly source: Side | null; readonly destination: Side },
  images: readonly Promoted[],
): Promise<readonly BuiltImage[]> {
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
  await writeBuildResult(files.buildResult, built);
  return built;
}
