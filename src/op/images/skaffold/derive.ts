import { stringify } from 'yaml';
import type { BuiltImage } from '../build-result/build-result.js';
import type { Artifacts } from './artifacts.js';
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
  const texts = configs.map(({ requires: _, ...config }) => {
    const shapes = config.build.artifacts.filter(({ image }) => part.includes(image) || needed.has(image));
    const build = {
      ...config.build,
      tagPolicy: { envTemplate: { template: tagTemplate(wanted) } },
      artifacts: shapes.map((shape) => (part.includes(shape.image) ? shape : standIn(shape.image, shape.context))),
    };
    return stringify({ ...config, build });
  });
  return { ...project, profiles: [], config: texts.join('---\n') };
}

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
