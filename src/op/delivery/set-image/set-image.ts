import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readBuildResult } from '../../images/build-result/result-file.js';
import { inputError } from '../../kit/errors/op-error.js';
import { countOf, secondsBetween } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { prepareAccess } from '../../systems/git/access.js';
import { checkAllowed } from '../environments/allowed-images.js';
import { readEnvironments } from '../environments/read.js';
import { acquireLeaseAt } from '../lease/acquire.js';
import { type Edited, editFiles, type ImageEdits } from './edit-files.js';
import { type Commit, openBranch } from './git-branch.js';
import { commitAndPush, commitMessage } from './git-push.js';
import { type DeliveredImage, imagesFor } from './images.js';
import type { SetImageFlags } from './options.js';
import { parseSetImage, type SetImageRequest } from './request.js';

/** The outputs of `op set-image`. */
export interface ImagesSet {
  /** The commit of the manifests that names the images; empty without configured manifests, and for a patch. */
  readonly COMMIT: string;
}

/**
 * Writes the images of a build result, with their digests, into the manifests of an environment, and pushes one commit. Commits nothing
 * when the manifests are already up to date.
 * @throws OpError (usage, input) for flags and files, (refused) for links out of the repository, (tool) when the server refuses, (deadline)
 */
export async function setImage(context: Context, flags: SetImageFlags): Promise<ImagesSet> {
  const environments = await readEnvironments(context, flags);
  const environment = environments.of(flags.environment);
  const request = parseSetImage(flags, environment);
  if (request === undefined) {
    if (!flags.whenConfigured) throw nothingConfigured(environment.name, environments.origin);
    context.log.step(
      `${environment.name} has no manifests in ${environments.origin ?? 'environments.yaml'}: nothing to do`,
    );
    return { COMMIT: '' };
  }
  const result = await readBuildResult(resolve(context.cwd, request.buildResult), request.listDigest);
  const images = imagesFor(result, request.imageNames, environment, environments);
  checkAllowed(environment, images);
  const names = images.map(({ imageName }) => oneLine(imageName)).join(', ');
  const where = `${request.branch} of ${request.url.clean}`;
  context.log.step(
    `${request.patch ? 'create a patch that sets' : 'set'} ${names} for ${environment.name} in ${where}`,
  );
  if (environment.repository === undefined) {
    context.log.step(`${environment.name} has no repository: the images are written as they were built`);
  }
  await using lease = await acquireLeaseAt(context, request.cluster, request.lease);
  using deadline = startDeadline(lease.context, request.timeout, {
    what: `timed out setting the images in ${where}`,
    why: `it did not finish within ${request.timeout / 1000} s`,
    hint: 'increase --timeout; it is safe to repeat',
  });
  const set = await editManifests(deadline.context, request, images);
  lease.succeeded();
  return set;
}

async function editManifests(
  context: Context,
  request: SetImageRequest,
  images: readonly DeliveredImage[],
): Promise<ImagesSet> {
  const { url, branch, author, environment, component } = request;
  const start = context.now();
  await using access = await prepareAccess(context, url, request.access);
  const manifests = await openBranch(context, { access, url: url.clean, branch });
  const edits = editsOf(context, request, images);
  const edit = (commit: Commit) => editFiles(edits, commit.read);
  if (request.patch) {
    const base = await manifests.fetch();
    const edited = await edit(base);
    if (edited.contents.size > 0) context.out(await manifests.patch(base, edited.contents));
    context.log.step(verdictOfPatch(edited, base.id));
    return { COMMIT: '' };
  }
  const text = request.message ?? commitMessage(images, environment, component);
  const { commit, changes } = await commitAndPush(context, manifests, {
    url: url.clean,
    branch,
    message: { author, text },
    edit,
  });
  const seconds = secondsBetween(start, context.now()).toFixed(1);
  const verdict =
    changes.length === 0
      ? `already up to date: ${commit} of ${branch}`
      : `pushed ${commit} to ${branch}: ${countOf(changes.length, 'value')} in ${countOf(filesOf(changes), 'file')}, in ${seconds} s`;
  context.log.step(`${verdict}; next: ${request.next}`);
  return { COMMIT: commit };
}

/** The configured fields for the chosen images; warns of images without a field. */
function editsOf(
  { log }: Context,
  { fields, kustomizations, imageNames }: SetImageRequest,
  images: readonly DeliveredImage[],
): ImageEdits {
  const names = new Set(images.map(({ imageName }) => imageName));
  const chosen = imageNames.length > 0 ? fields.filter(({ image }) => names.has(image)) : fields;
  for (const { imageName } of kustomizations.length > 0 ? [] : images) {
    if (!chosen.some(({ image }) => image === imageName))
      log.warn(`no path is configured for image "${oneLine(imageName)}"`);
  }
  return { fields: chosen, kustomizations, images };
}

const filesOf = (changes: Edited['changes']) => new Set(changes.map(({ file }) => file)).size;

const verdictOfPatch = ({ changes }: Edited, commit: string) =>
  changes.length === 0
    ? `already up to date: ${commit}`
    : `patch of ${countOf(changes.length, 'value')} in ${countOf(filesOf(changes), 'file')} for ${commit}; apply it with: git apply FILE`;

const nothingConfigured = (environment: string, origin: string | undefined) =>
  inputError({
    what: `no manifests are configured for ${environment}`,
    why:
      origin === undefined
        ? `environments.yaml, which would name the manifests of ${environment}, was not found`
        : `${origin} has no manifests for ${environment}`,
    hint: `add manifests: {repository, branch, set} to the environment, give --repository, or --when-configured to do nothing in that case`,
  });
