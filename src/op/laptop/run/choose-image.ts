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

/** The flags that say which image of an artifact it is. */
type ImageFlags = Pick<ContainerRequest, 'defaultRepo' | 'tag' | 'buildResult'>;

/** An image, and what says that it is this one. */
export interface ChosenImage {
  readonly reference: string;
  readonly origin: string;
}

/**
 * The image that was built: what the build result has under exactly that name. Where there is no build result, or a flag names the
 * registry or the tag, `<default repo>/<image>:<tag>`.
 * @throws OpError (input) when the build result lists only others
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
  const named = flags.defaultRepo !== undefined || flags.tag !== undefined;
  if (!named && (flags.buildResult !== undefined || existsSync(path))) {
    const shown = shownPath(context.cwd, path);
    const [built] = selectImages({ ...(await readBuildResult(path)), path: shown }, image);
    if (built !== undefined) return { reference: formatReference(built.reference), origin: shown };
  }
  const ofFile =
    file.defaultRepo && fillIn({ template: file.defaultRepo.value, origin: file.defaultRepo.origin }, context.env);
  const repository = flags.defaultRepo === undefined ? (ofFile ?? settings.repository) : settings.repository;
  const tag = flags.tag ?? file.tag?.value ?? 'latest';
  const reference = `${await nameIn(context, project, image, repository?.value ?? '')}:${tag}`;
  const read = parseReference(reference);
  if (!('problem' in read)) return { reference, origin: `${repository?.origin ?? 'default'}, no build result used` };
  throw inputError({
    what: `"${reference}" is not an image`,
    why: read.problem,
    hint: 'correct default_repo and tag of the run file, or --default-repo and --tag',
  });
}

/** Only a plain name is simply appended; Skaffold, which names what op pushes, replaces slashes and dots for most registries. */
async function nameIn(context: Context, project: Project, image: string, repository: string): Promise<string> {
  if (/^[a-z0-9-]+$/u.test(image)) return `${repository}/${image}`;
  const named = await dryRun(context, project, repository);
  const found = named.find(({ imageName }) => imageName === image);
  return found === undefined ? `${repository}/${image}` : repositoryOf(found.reference);
}
