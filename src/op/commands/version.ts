import type { Command } from 'commander';
import type { Action } from '../cli/program.js';
import { version } from '../../version.js';

/** `op version`: the same line as `op --version`. */
export function addVersion(program: Command, action: Action): void {
  program
    .command('version')
    .description('print the version')
    .action(action(async ({ out }) => out(`op version ${version}\n`)));
}
