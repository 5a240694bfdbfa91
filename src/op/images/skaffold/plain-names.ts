import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { describeCommit } from '../../systems/git/describe.js';
import { parseReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import type { PlainConfig } from './plain.js';
import type { Project } from './project.js';

/**
 * The names and tags that Skaffold gives to the images of a plain skaffold.yaml; undefined when Skaffold has to be asked.
 * Source: Skaffold's `SubstituteDefaultRepoIntoImage` and its tagger `gitCommit`.
 */
export async function plainNames(
  context: Context,
  project: Project,
  { build }: PlainConfig,
  repository: string | undefined,
): Promise<readonly BuiltImage[] | undefined> {
  const directories = [...new Set(build.artifacts.map((artifact) => resolve(project.directory, artifact.context)))];
  const tags = new Map(
    valuesOf(
      await mapConcurrently(directories, 4, async (directory) => [directory, await tagOf(context, directory)] as const),
    ),
  );
  const named = build.artifacts.map(({ image, context: directory }) => {
    const tag = tags.get(resolve(project.directory, directory));
    const name = nameIn(repository, image);
    const reference = tag === undefined || name === undefined ? undefined : parseReference(`${name}:${tag}`);
    return reference === undefined || 'problem' in reference ? undefined : { imageName: image, reference };
  });
  return named.every((one) => one !== undefined) ? named : undefined;
}

/** In registries of Google, Skaffold keeps the path and a common prefix: that is left to Skaffold. */
function nameIn(repository: string | undefined, image: string): string | undefined {
  if (repository === undefined || image.startsWith(repository)) return image;
  if (/gcr\.io|-docker\.pkg\.dev/u.test(repository)) return undefined;
  return `${repository}/${image.replace(/[/._:@]/gu, '_')}`.slice(0, 255);
}

async function tagOf(context: Context, directory: string): Promise<string | undefined> {
  const described = await describeCommit(context, directory);
  // Skaffold replaces what a tag cannot have, and warns.
  if (described === undefined || !/^\w[\w.-]{0,121}$/u.test(described.name)) return undefined;
  return described.changed ? `${described.name}-dirty` : described.name;
}
