import { pipeline } from '../src/tekton/index.js';
import { releaseWork } from '../tasks/release-work.js';
import { metadata } from '../tasks/steps/metadata.js';
import { workParams } from '../tasks/steps/release.js';

/** Goes on with the releases of a repository. */
export const work = pipeline(
  'work',
  {
    ...metadata({
      displayName: 'Work',
      description:
        'Goes on with all releases of a repository: writes which items have ended, and starts what is ready, each item as a TaskRun of its own. Says what waits for what, and ends.',
      categories: ['Integration & Delivery', 'Deployment'],
      tags: ['release', 'environments', 'delivery'],
    }),
    params: workParams,
  },
  (p) => {
    p.task('work', releaseWork, { displayName: 'Work', params: p.params, timeout: '1h' });
    return {};
  },
);
