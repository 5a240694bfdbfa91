import { stringify } from 'yaml';
import type { BuiltImage } from '../build-result/build-result.js';
import type { Artifacts } from './artifacts.js';
import type { Project } from './project.js';

/**
 * A project with only some of its images, and with the tags that were decided for all. Images that these are built from, and that
 * another engine builds, are already in the registry: a custom builder that does nothing replaces their builders, and Skaffold asks
 * the registry for the digest as it does after every custom build.
 */
export function partialProject(
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
      artifacts: shapes.map((shape) => (part.includes(shape.image) ? shape : placeholder(shape.image, shape.context))),
    };
    return stringify({ ...config, build });
  });
  return { ...project, profiles: [], config: texts.join('---\n') };
}

const placeholder = (image: string, context: string) => ({
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

/** In a tag template, an image has its name of skaffold.yaml. */
const tagTemplate = (wanted: readonly BuiltImage[]) =>
  wanted
    .map(
      ({ imageName, reference }) =>
        `{{if eq .IMAGE_NAME ${JSON.stringify(imageName)}}}${reference.tag ?? 'latest'}{{end}}`,
    )
    .join('');
