import { pipeline } from '../src/tekton/index.js';
import { releaseStart } from '../tasks/release-start.js';
import { metadata } from '../tasks/steps/metadata.js';
import { startParams } from '../tasks/steps/release.js';

/**
 * What the pods of {@link release} and of {@link work} may do in their own namespace; Roles of dist/optional/releases.yaml grant the rest in
 * the namespaces of the stores. The log of a pod has plans that are too large for a result.
 */
export const releaseRules = [
  { apiGroups: ['tekton.dev'], resources: ['taskruns', 'pipelineruns'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
];

/** Makes a release of a commit: plans it, and starts what is ready. */
export const release = pipeline(
  'release',
  {
    ...metadata({
      displayName: 'Release',
      description:
        'Makes a release of a commit and starts its first items, each as a TaskRun of its own; a second run for the same commit goes on with that release. What waits, such as for an approval, is not waited for: the Pipeline work goes on later.',
      categories: ['Integration & Delivery', 'Deployment'],
      tags: ['release', 'environments', 'delivery'],
    }),
    params: startParams,
  },
  (p) => {
    const { results } = p.task('release', releaseStart, { displayName: 'Release', params: p.params, timeout: '1h' });
    return { RELEASE: { value: results.RELEASE, description: 'The release, such as r3' } };
  },
);
