import { pipeline } from '../src/tekton/index.js';
import { mirrorDisk as mirrorDiskTask } from '../tasks/mirror-disk.js';
import { metadata } from '../tasks/steps/metadata.js';
import { diskParams, diskWorkspaces } from '../tasks/steps/mirror.js';
import { holderOf, reportAfter } from './mirror.js';

const { 'lock-holder': _holder, ...params } = diskParams;

/** Carries a mirror on a disk, and reports whatever happens. */
export const mirrorDisk = pipeline(
  'mirror-disk',
  {
    ...metadata({
      displayName: 'Mirror by way of a disk',
      description:
        'Where no machine reaches both sides: writes what is new, as mirror.yaml says, to a disk (to-disk), or checks a disk and copies what it brings into registries (from-disk), and reports, also when the pod was stopped.',
      categories: ['Image Build', 'Integration & Delivery'],
      tags: ['mirror', 'registry', 'air-gap', 'disk'],
    }),
    params,
    workspaces: diskWorkspaces,
  },
  (p) => {
    const holder = holderOf(p);
    const done = p.task('mirror', mirrorDiskTask, {
      params: { ...p.params, 'lock-holder': holder },
      workspaces: p.workspaces,
      timeout: '6h',
    });
    return reportAfter(p, holder, done);
  },
);
