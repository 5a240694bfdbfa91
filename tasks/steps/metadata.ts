import { version } from '../../src/version.js';

/** What a catalog shows of an entry. Categories are those of the Tekton catalog. */
export interface Entry {
  readonly displayName: string;
  readonly description: string;
  readonly categories: readonly string[];
  readonly tags: readonly string[];
}

/**
 * The metadata of a Task or Pipeline of this catalog.
 * Source of the names: Artifact Hub's annotations for Tekton Tasks and Pipelines.
 */
export function metadata({ displayName, description, categories, tags }: Entry) {
  return {
    displayName,
    description,
    labels: {
      'app.kubernetes.io/name': 'octopipeline',
      'app.kubernetes.io/version': version,
    },
    annotations: {
      'tekton.dev/pipelines.minVersion': '1.6.0',
      'tekton.dev/displayName': displayName,
      'tekton.dev/categories': categories.join(', '),
      'tekton.dev/tags': tags.join(', '),
      'tekton.dev/platforms': 'linux/amd64',
      'artifacthub.io/license': 'Apache-2.0',
    },
  };
}
