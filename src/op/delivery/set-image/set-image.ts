import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readBuildResult } from '../../images/build-result/read.js';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { secondsBetween } from '../../kit/log/seconds.js';
import { countOf } from '../../kit/log/table.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { prepareAccess } from '../../systems/git/access.js';
import { withApi } from '../../systems/kubernetes/api.js';
import { clusterOf } from '../environments/cluster.js';
import { readEnvironments } from '../environments/read.js';
import { leaseRequestOf } from '../lease/request.js';
import { withLease } from '../lease/with-lease.js';
import { deliver } from './deliver.js';
import { type Edited, editFiles } from './edit.js';
import { type DeliveredImage, imagesFor } from './images.js';
import { openManifests } from './manifests.js';
import { commitMessage } from './message.js';
import type { SetImageFlags } from './options.js';
import { parseSetImage, type SetImageRequest } from './request.js';

/** The outputs of `op set-image`. */
export interface ImagesSet {
  /** The commit of the manifests that names the images; empty when nothing is configured, or only a patch was asked for. */
  readonly COMMIT: string;
}

/**
 * Writes the images of a build result, with their digests, into the manifests of an environment, and pushes one commit. Nothing is
 * committed when they are there already.
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
  const lease = leaseRequestOf(flags, request.environment, request.component);
  const buildResult = flags.buildResult ?? 'build_result.json';
  const result = await readBuildResult(resolve(context.cwd, buildResult));
  const images = imagesFor(result, flags.imageName, environment, environments);
  const names = images.map(({ imageName }) => oneLine(imageName)).join(', ');
  const where = `${request.branch} of ${request.url.clean}`;
  context.log.step(`${request.patch ? 'make a patch that sets' : 'set'} ${names} for ${environment.name} in ${where}`);
  if (environment.repository === undefined) {
    context.log.step(`${environment.name} has no repository of its own: the images are written as they were built`);
  }
  const late = {
    what: `the images could not be set in ${where} in time`,
    why: `${request.timeout / 1000} s were over`,
    hint: 'give it more with --timeout; it is safe to repeat',
  };
  const work = (held: Context) =>
    withDeadline(held, request.timeout, late, (inTime) => setIn(inTime, request, images, flags));
  if (lease === undefined || request.patch) return work(context);
  return withApi(context, clusterOf(flags, environment), (api) => withLease(context, api, lease, work));
}

function nextOf({ environment, component }: SetImageRequest, { environments, buildResult }: SetImageFlags): string {
  const given = { component, 'build-result': buildResult, environments };
  const more = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [` --${name}=${value}`]));
  return `op watch-deployment --environment=${environment}${more.join('')}`;
}

async function setIn(
  context: Context,
  request: SetImageRequest,
  images: readonly DeliveredImage[],
  flags: SetImageFlags,
): Promise<ImagesSet> {
  const { url, branch, author, environment, component } = request;
  const start = context.now();
  const access = await prepareAccess(context, url, flags);
  try {
    const manifests = await openManifests(context, { access, url: url.clean, branch });
    const wanted = wantedOf(context, request, images, flags.imageName.length > 0);
    const edit = (commit: { read: (path: string) => Promise<string> }) => editFiles(wanted, commit.read);
    if (request.patch) {
      const base = await manifests.fetch();
      const edited = await edit(base);
      if (edited.contents.size > 0) context.out(await manifests.patch(base, edited.contents));
      context.log.step(verdictOfPatch(edited, base.id));
      return { COMMIT: '' };
    }
    const text = request.message ?? commitMessage(images, environment, component);
    const { commit, changes } = await deliver(context, manifests, {
      url: url.clean,
      branch,
      message: { author, text },
      edit,
    });
    const seconds = secondsBetween(start, context.now()).toFixed(1);
    const verdict =
      changes.length === 0
        ? `nothing to change: ${commit} of ${branch} has it already`
        : `pushed ${commit} to ${branch}: ${countOf(changes.length, 'value')} in ${countOf(filesOf(changes), 'file')}, in ${seconds} s`;
    context.log.step(`${verdict}; next: ${nextOf(request, flags)}`);
    return { COMMIT: commit };
  } finally {
    await access.dispose();
  }
}

/** Of the configured places those of the images that were chosen; says which images nobody mentions. */
function wantedOf(
  { log }: Context,
  { fields, kustomizations }: SetImageRequest,
  images: readonly DeliveredImage[],
  chosen: boolean,
) {
  const names = new Set(images.map(({ imageName }) => imageName));
  const wanted = chosen ? fields.filter(({ image }) => names.has(image)) : fields;
  for (const { imageName } of kustomizations.length > 0 ? [] : images) {
    if (!wanted.some(({ image }) => image === imageName))
      log.warn(`no path is configured for image "${oneLine(imageName)}"`);
  }
  return { fields: wanted, kustomizations, images };
}

const filesOf = (changes: Edited['changes']) => new Set(changes.map(({ file }) => file)).size;

const verdictOfPatch = ({ changes }: Edited, commit: string) =>
  changes.length === 0
    ? `nothing to change: ${commit} has it already`
    : `patch of ${countOf(changes.length, 'value')} in ${countOf(filesOf(changes), 'file')} for ${commit}; apply it with: git apply FILE`;

const nothingConfigured = (environment: string, origin: string | undefined) =>
  inputError({
    what: `there are no manifests to write for ${environment}`,
    why: `${origin ?? 'no environments.yaml is there, which'} ${origin === undefined ? 'would name' : 'names no'} manifests of ${environment}`,
    hint: `add manifests: {repository, branch, set} to the environment, give --repository, or --when-configured to do nothing then`,
  });
