import { itemOptions, startOptions, workerOptions } from '../../releases/cluster/options.js';
import { command, group } from '../commander/command.js';
import { workExitCodes } from './release-exit-codes.js';

const start = command({
  name: 'start',
  description: 'make a release of a commit, or go on with the one that there is, and start what is ready as TaskRuns',
  options: startOptions,
  outputs: ['RELEASE'],
  helpEnd: workExitCodes,
  run: async (context, request) => {
    const { startRelease } = await import('../../releases/commands/release-worker.js');
    return startRelease(context, request);
  },
});

const work = command({
  name: 'work',
  description: 'write which TaskRuns have ended, and start what is ready of all releases of a repository',
  options: workerOptions,
  helpEnd: workExitCodes,
  run: async (context, request) => {
    const { workOnCluster } = await import('../../releases/commands/release-worker.js');
    await workOnCluster(context, request);
  },
});

/** `op release-worker`: what the Pipelines `release` and `work` run. */
export const releaseWorker = group('release-worker', 'releases on a cluster: each item is a TaskRun of its own', [
  start,
  work,
]);

/** `op release-item`: what the Task `release-item` runs. */
export const releaseItem = command({
  name: 'release-item',
  description: 'evaluate a release, or run a function of it, as op release-worker asks for it',
  options: itemOptions,
  outputs: ['ANSWER'],
  run: async (context, request) => {
    const { releaseItem } = await import('../../releases/commands/release-item.js');
    return releaseItem(context, request, () => import('../../../release.js'));
  },
});
