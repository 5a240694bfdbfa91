import { relative } from 'node:path';
import { stringify } from 'yaml';
import type { BuiltImage } from '../build-result/build-result.js';
import type { Artifacts, ConfigShape } from './artifacts.js';
import type { Project } from './project.js';

/**
 * The part of a project that Skaffold is to build, with the tags that were decided for the whole. What the part is built from and
 * Skaffold is not to build is in the registry already: a custom builder that does nothing stands for it, and Skaffold asks the
 * registry for its digest as it does after every custom build.
 */
export function partOf(
  project: Project,
  { configs, artifacts }: Pick<Artifacts, 'configs' | 'artifacts'>,
  part: readonly string[],
  wanted: readonly BuiltImage[],
): Project {
  const needed = requiredBy(part, artifacts);
  return derived(project, configs, ({ build }) => ({
    ...build,
    tagPolicy: { envTemplate: { template: tagTemplate(wanted) } },
    artifacts: build.artifacts
      .filter(({ image }) => part.includes(image) || needed.has(image))
      .map((artifact) => (part.includes(artifact.image) ? artifact : standIn(artifact.image, artifact.context))),
  }));
}

type Build = ConfigShape['build'];

function derived(project: Project, configs: readonly ConfigShape[], change: (config: ConfigShape) => object): Project {
  const texts = configs.map(({ requires: _, ...config }) => {
    const build: Build = {
      ...config.build,
      artifacts: config.build.artifacts.map((shape) => portable(shape, project)),
    };
    return stringify({ ...config, build: change({ ...config, build }) });
  });
  return { ...project, profiles: [], config: texts.join('---\n') };
}

/** Skaffold prints absolute paths; what it hashes must not depend on where a clone lies. */
const portable = <Shape extends { readonly context: string }>(shape: Shape, { directory }: Project): Shape => ({
  ...shape,
  context: relative(directory, shape.context) || '.',
});

const standIn = (image: string, context: string) => ({
  image,
  context,
  custom: { buildCommand: 'true', dependencies: { paths: [] } },
});

function requiredBy(part: readonly string[], artifacts: Artifacts['artifacts']): ReadonlySet<string> {
  const needed = new Set<string>();
  const add = (image: string) => {
    for (const { image: other } of artifacts.find((artifact) => artifact.image === image)?.requires ?? []) {
      if (needed.has(other)) continue;
      needed.add(other);
      add(other);
    }
  };
  for (const image of part) add(image);
  return needed;
}

/** Skaffold calls an image by its name in skaffold.yaml while it makes tags. */
const tagTemplate = (wanted: readonly BuiltImage[]) =>
  wanted
    .map(
      ({ imageName, reference }) =>
        `{{if eq .IMAGE_NAME ${JSON.stringify(imageName)}}}${reference.tag ?? 'latest'}{{end}}`,
    )
    .join('');
