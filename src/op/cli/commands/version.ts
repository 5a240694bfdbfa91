import type { Command } from 'commander';
import { version } from '../../../version.js';
import type { Action } from '../program.js';

/** `op version`: the same line as `op --version`. */
export function addVersion(program: Command, action: Action): void {
  program
    .command('version')
    .description('print the version')
    .action(action(async ({ out }) => out(`op version ${version}\n`)));
}
