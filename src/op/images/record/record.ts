import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { firstThatFits } from '../../kit/results/message.js';
import { withoutCredentials } from '../../systems/git/head.js';
import { formatReference, parsePrefix, repositoryOf } from '../../systems/registry/reference.js';
import { type BuildResult, selectImages } from '../build-result/build-result.js';
import { readWrittenList } from '../build-result/result-file.js';
import type { PushOutput } from '../push/options.js';
import { atPlaces, imageOutputs, shorterOutputs, tooMany } from '../push/outputs.js';
import type { RecordRequest } from './options.js';

/**
 * Gives the outputs of a build from the list that it wrote, after its container has ended. The repository's code may have changed that
 * list, but cannot do so any more: the outputs and the digest are of the same bytes, and images outside of the repository are refused.
 * The source is what was known before the build. More images than a pod can hand on are not in IMAGES: LIST_DIGEST names their list.
 * @throws OpError (input) for a list that is missing or malformed; (refused) for a link, and for an image that this build must not name
 */
export async function record(context: Context, request: RecordRequest): Promise<Readonly<Record<PushOutput, string>>> {
  const { result, digest } = await readWrittenList(resolve(context.cwd, request.buildResult));
  checkDigests(result);
  checkRepository(result, request.repository);
  const main = selectImages(result, request.imageName).at(-1);
  if (main === undefined) throw new Error('a list without images');
  const images = result.images.map(({ reference }) => formatReference(reference));
  const found = atPlaces(result.images, request.reusedImages);
  const unknown = found.find((image) => !images.includes(image));
  if (unknown !== undefined) throw notListed(result.path, unknown);
  const reused = images.filter((image) => found.includes(image));
  context.log.step(
    `record ${countOf(images.length, 'image')} of ${request.buildResult}: ${images.length - reused.length} built, ${reused.length} reused`,
  );
  const outputs = {
    ...imageOutputs(main, result.images, reused),
    LIST_DIGEST: digest,
    'CHAINS-GIT_URL': withoutCredentials(request.gitUrl ?? ''),
    'CHAINS-GIT_COMMIT': request.gitCommit ?? '',
  };
  const shorter = shorterOutputs(result.images, reused).map((instead) => ({ ...outputs, ...instead }));
  const given = firstThatFits(outputs, ...shorter);
  if (given !== outputs) context.log.step(tooMany(images.length));
  return given;
}

function checkDigests({ path, images }: BuildResult): void {
  const without = images.find(({ reference }) => reference.digest === undefined);
  if (without === undefined) return;
  throw inputError({
    what: `image "${without.imageName}" of ${path} has no digest`,
    why: 'a build that pushes writes the digest of every image',
    hint: 'run the build again',
  });
}

function checkRepository({ path, images }: BuildResult, repository: string | undefined): void {
  if (repository === undefined) return;
  const read = parsePrefix(repository);
  if ('problem' in read) {
    throw inputError({
      what: `"${repository}" is not a registry`,
      why: read.problem,
      hint: 'write HOST[:PORT][/PATH], such as ghcr.io/acme',
    });
  }
  const outside = images.find(({ reference }) => !`${repositoryOf(reference)}/`.startsWith(`${read.prefix}/`));
  if (outside === undefined) return;
  throw refusedError({
    what: `${path} names ${formatReference(outside.reference)}, which is not below ${read.prefix}`,
    why: 'a build may name only images of the repository that it was told to push to',
    hint: 'look at the builder of that image: something in the build changed the list after op wrote it',
  });
}

const notListed = (path: string, image: string) =>
  refusedError({
    what: `${path} does not list ${image}`,
    why: 'the build reported it as reused, and then listed other images',
    hint: 'look for what else writes to this workspace, and run the build again',
  });
