import { cloneOptions } from '../../images/git-clone/options.js';
import { command } from '../commander/command.js';

/** `op git-clone`: one commit of a repository into a directory. */
export const gitClone = command({
  name: 'git-clone',
  description: 'clone one commit of a repository into a directory, unless it is already there',
  options: cloneOptions,
  outputs: ['commit', 'url', 'committer-date', 'CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT'],
  run: async (context, request) => {
    const { gitClone } = await import('../../images/git-clone/clone.js');
    return gitClone(context, request);
  },
});
