import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { selectImages } from '../../images/build-result/build-result.js';
import { readBuildResult } from '../../images/build-result/result-file.js';
import { fillIn } from '../../images/settings/repositories.js';
import type { Settings } from '../../images/settings/settings.js';
import { dryRun } from '../../images/skaffold/build.js';
import type { Project } from '../../images/skaffold/project.js';
import { inputError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { formatReference, parseReference, repositoryOf } from '../../systems/registry/reference.js';
import type { ContainerRequest } from './options.js';
import type { RunFile } from './run-file.js';

/** The flags that select the image of an artifact. */
type ImageFlags = Pick<ContainerRequest, 'defaultRepo' | 'tag' | 'buildResult'>;

/** An image, and where its reference comes from. */
export interface ChosenImage {
  readonly reference: string;
  readonly origin: string;
}

/**
 * The image that was built, which the build result lists under exactly that name. Without a build result, or when a flag sets the
 * registry or the tag: `<default repo>/<image>:<tag>`.
 * @throws OpError (input) when the build result lists only other images
 */
export async function chooseImage(
  context: Context,
  project: Project,
  image: string,
  flags: ImageFlags,
  file: RunFile,
  settings: Settings,
): Promise<ChosenImage> {
  const path = resolve(context.cwd, flags.buildResult ?? 'build_result.json');
  const byFlag = flags.defaultRepo !== undefined || flags.tag !== undefined;
  if (!byFlag && (flags.buildResult !== undefined || existsSync(path))) {
    const shown = shownPath(context.cwd, path);
    const [built] = selectImages({ ...(await readBuildResult(path)), path: shown }, image);
    if (built !== undefined) return { reference: formatReference(built.reference), origin: shown };
  }
  const fileRepository =
    file.defaultRepo && fillIn({ template: file.defaultRepo.value, origin: file.defaultRepo.origin }, context.env);
  const repository = flags.defaultRepo === undefined ? (fileRepository ?? settings.repository) : settings.repository;
  const tag = flags.tag ?? file.tag?.value ?? 'latest';
  const reference = `${await imageNameIn(context, project, image, repository?.value ?? '')}:${tag}`;
  const read = parseReference(reference);
  if (!('problem' in read)) return { reference, origin: `${repository?.origin ?? 'default'}, no build result used` };
  throw inputError({
    what: `"${reference}" is not a valid image reference`,
    why: read.problem,
    hint: 'fix default_repo and tag in the run file, or --default-repo and --tag',
  });
}

/** Skaffold, which names what op pushes, replaces slashes and dots for most registries; only a plain name is appended unchanged. */
async function imageNameIn(context: Context, project: Project, image: string, repository: string): Promise<string> {
  if (/^[a-z0-9-]+$/u.test(image)) return `${repository}/${image}`;
  const named = await dryRun(context, project, repository);
  const found = named.find(({ imageName }) => imageName === image);
  return found === undefined ? `${repository}/${image}` : repositoryOf(found.reference);
}
