import type { CloneFlags } from '../../images/git-clone/request.js';
import { addAccessOptions } from '../access-options.js';
import { duration, flag, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';

const outputs = ['commit', 'url', 'committer-date', 'CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT'] as const;

interface Options extends CloneFlags {
  readonly result: readonly string[];
}

/** `op git-clone`: one commit of a repository into a directory. */
export const addGitClone: AddCommand = (program, action) => {
  const command = program
    .command('git-clone')
    .description('clone one commit of a repository into a directory; nothing is done when it is already there')
    .addOption(optional('--url <url>', 'repository: https, http, ssh, git, or user@host:path'))
    .addOption(optional('--revision <name>', 'branch, tag, full commit id or full ref (default: the default branch)'))
    .addOption(
      optional('--refspec <refspecs>', 'also fetch these, separated by spaces, before looking for the revision'),
    )
    .addOption(optional('--depth <commits>', 'length of the history (default: 1; 0 for all of it, with tags)'))
    .addOption(flag('--submodules', 'fetch submodules too', true))
    .addOption(optional('--destination <directory>', 'where to; it is made when it does not exist'))
    .addOption(optional('--subdirectory <path>', 'folder of the destination to use instead of the destination itself'))
    .addOption(list('--sparse-checkout-directories <patterns>', 'check out these folders only'))
    .addOption(flag('--delete-existing', 'empty the directory first; otherwise other files in it stay', true));
  addAccessOptions(command)
    .addOption(duration('--timeout <duration>', 'for everything together', '10m'))
    .addOption(repeatable('--result <name=path>', `write an output to a file: ${outputs.join(', ')}`))
    .action(
      action<Options>(async (context, options) => {
        const { parseResultPaths, writeResults } = await import('../../kit/results/results.js');
        const { gitClone } = await import('../../images/git-clone/clone.js');
        const paths = parseResultPaths(options.result, outputs);
        const warning = await writeResults(paths, { ...(await gitClone(context, options)) });
        if (warning !== undefined) context.log.warn(warning);
      }),
    );
};
