import type { Context } from '../../context.js';
import { gitIn } from '../../systems/git/own-configuration.js';
import type { Artifacts } from '../skaffold/artifacts.js';
import type { Project } from '../skaffold/project.js';

/** Warns where images should be named after Git tags, and the clone does not know which lead to the commit: it has no history. */
export async function warnOfUnknownTags(
  context: Context,
  { file, directory }: Project,
  { configs }: Pick<Artifacts, 'configs'>,
): Promise<void> {
  const byTags = configs.some(({ build }) => JSON.stringify(build.tagPolicy ?? {}).includes('"variant":"Tags"'));
  if (!byTags) return;
  const shallow = await gitIn(context, directory, ['rev-parse', '--is-shallow-repository']);
  if (shallow.stdout.trim() !== 'true') return;
  context.log.warn(
    `${file} tags images with Git tags (variant: Tags), and this clone has only part of the history: another tag than with --depth=0 of op git-clone (in a Task: the param depth) is possible`,
  );
}
