import { version } from '../../../version.js';
import { command } from '../commander/command.js';

/** `op version`: the same line as `op --version`. */
export const showVersion = command({
  name: 'version',
  description: 'print the version',
  options: {},
  run: async ({ out }) => out(`op version ${version}\n`),
});
