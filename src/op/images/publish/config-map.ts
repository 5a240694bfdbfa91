import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { repositoryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

/** The keys of a ConfigMap with image info; all are always present. */
export interface ImageInfo {
  /** As in skaffold.yaml. */
  readonly 'image-name': string;
  /** With its tag and without its digest: add `@` and `image-digest` to pull exactly that image. */
  readonly 'image-url': string;
  readonly 'image-digest': string;
  /** A full commit id, never a branch. */
  readonly 'git-revision': string;
  /** UTC, such as `2026-11-21T10:20:30Z`: when this digest was first published for this commit. */
  readonly 'build-timestamp': string;
}

/** What a ConfigMap of the name of an image holds. */
export interface Existing {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** The annotation with the repository that an image came from. */
export const gitUrlAnnotation = 'octopipeline/git-url';

/** The annotation `true` of an image that the build found in the registry, under the tag of this commit or content, and did not build. */
export const reusedAnnotation = 'octopipeline/reused';

/** Labels of the ConfigMaps that op may change. Source: Kubernetes, "Recommended Labels". */
export const ours = {
  'app.kubernetes.io/managed-by': 'octopipeline',
  'app.kubernetes.io/component': 'image-info',
} as const;

/**
 * The name of the ConfigMap of an image: `Team/My_App` gives `image-info-team-my-app`.
 * @throws OpError (input) when that is not a valid name of a Kubernetes object
 */
export const nameFor = (prefix: string, imageName: string): string =>
  checkName(`${prefix}-${imageName.toLowerCase().replace(/[^a-z0-9-]/gu, '-')}`, imageName, '--configmap-prefix');

function checkName(name: string, imageName: string, flag: string): string {
  const problem =
    name.length > 253
      ? `it has ${name.length} characters, and Kubernetes allows 253`
      : /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u.test(name) && !/\.[.-]|-\./u.test(name)
        ? undefined
        : 'names start and end with a letter or a digit, and have only a-z, 0-9, "-" and "." in between';
  if (problem === undefined) return name;
  throw inputError({
    what: `image "${oneLine(imageName)}" cannot be published as ConfigMap "${oneLine(name)}"`,
    why: problem,
    hint: `give another ${flag}, or rename the image in skaffold.yaml`,
  });
}

/** An image, and the name of its ConfigMap. */
export interface Publication {
  readonly name: string;
  readonly info: Omit<ImageInfo, 'build-timestamp'>;
}

/** How ConfigMaps are named: all with a prefix, or the only one as a whole. */
export interface Naming {
  readonly prefix: string;
  readonly name: string | undefined;
}

/**
 * Plans one ConfigMap for each image.
 * @throws OpError (input) for an image without a digest, or several with one name; (refused) for one built from uncommitted changes,
 * or when two images would share a ConfigMap
 */
export function plan(
  images: readonly BuiltImage[],
  { prefix, name: given }: Naming,
  revision: string,
): readonly Publication[] {
  if (given !== undefined && images.length > 1) {
    throw inputError({
      what: `${images.length} images cannot be published as ConfigMap "${oneLine(given)}"`,
      why: 'a ConfigMap has one image, and --configmap names one ConfigMap',
      hint: 'choose one with --image-name, or give --configmap-prefix in its place',
    });
  }
  const planned = images.map(({ imageName, reference }): Publication => {
    const { digest, tag } = reference;
    if (digest === undefined) {
      throw inputError({
        what: `image "${imageName}" has no digest`,
        why: 'the build did not push it, and a tag alone does not identify an image',
        hint: 'run op push, and publish its build result',
      });
    }
    if (tag?.endsWith('-dirty')) {
      throw refusedError({
        what: `image "${imageName}" was not built from commit ${revision} alone`,
        why: `its tag ${tag} says that it was built from files that differ from the commit`,
        hint: 'commit the changes, and build again',
      });
    }
    const url = `${repositoryOf(reference)}${tag === undefined ? '' : `:${tag}`}`;
    const info = { 'image-name': imageName, 'image-url': url, 'image-digest': digest, 'git-revision': revision };
    const name = given === undefined ? nameFor(prefix, imageName) : checkName(given, imageName, '--configmap');
    return { name, info };
  });
  for (const { name } of planned) {
    const same = planned.filter((other) => other.name === name).map(({ info }) => `"${info['image-name']}"`);
    if (same.length === 1) continue;
    throw refusedError({
      what: `the images ${same.join(' and ')} would share the ConfigMap ${name}`,
      why: 'the name of a ConfigMap has no capitals, and "-" for all but letters and digits; one would overwrite the other',
      hint: 'publish each with --image-name and its own --configmap-prefix, or rename one in skaffold.yaml',
    });
  }
  return planned;
}
