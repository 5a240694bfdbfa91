import { task } from '../src/tekton/index.js';
import {
  chainsGitResults,
  cloneParams,
  cloneResults,
  cloneStep,
  cloneWorkspaces,
  sourceWorkspace,
} from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { restricted } from './steps/restricted.js';

/** Clones a Git repository into a workspace. */
export const gitClone = task('git-clone', {
  ...metadata({
    displayName: 'Git clone',
    description:
      'Clones a Git repository into a directory of a workspace, with submodules. Leaves a workspace that already holds the commit unchanged.',
    categories: ['Git'],
    tags: ['git'],
  }),
  ...restricted,
  params: cloneParams,
  results: { ...cloneResults, ...chainsGitResults },
  workspaces: { source: sourceWorkspace, ...cloneWorkspaces },
  steps: (scope) => [cloneStep(scope)],
});
