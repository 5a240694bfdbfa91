import { pipelineRun } from '../../src/tekton/index.js';
import { release } from '../release.js';
import { work } from '../work.js';
import { pod } from './pod.js';

const params = {
  url: 'https://git.example.com/acme/shop.git',
  store: 'cluster:shop-state',
  'intent-store': 'cluster:shop-intent',
} as const;

/** Makes a release of the newest commit of a branch. */
export const releaseExample = pipelineRun({ generateName: 'release-' }, release, {
  serviceAccountName: 'octopipeline-release',
  podTemplate: pod,
  params: { ...params, file: 'shop.release.ts', revision: 'refs/heads/main' },
});

/** Goes on with all releases. */
export const workExample = pipelineRun({ generateName: 'work-' }, work, {
  serviceAccountName: 'octopipeline-work',
  podTemplate: pod,
  params,
});
