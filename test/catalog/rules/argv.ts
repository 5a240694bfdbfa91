import { containersOf } from '../containers.js';
import type { Rule } from '../document.js';
import type { CommandFlags } from '../op-help.js';

/**
 * Every step is `op` with a fixed command and flags in the form `--flag` or `--flag=value`: so no value can become a command or
 * another flag. The command and each flag exist in `op --help`. Sidecars have a separate rule.
 */
export const knownArguments =
  (commands: CommandFlags): Rule =>
  (documents) =>
    containersOf(documents).flatMap(({ where, kind, container: { command = [], args = [] } }) => {
      if (kind === 'sidecar') return [];
      if (command.join(' ') !== 'op')
        return [{ where, message: `the command is ${JSON.stringify(command)}, not ["op"]` }];
      const [first = '', second = ''] = args;
      const name = commands.has(first) ? first : `${first} ${second}`;
      const rest = args.slice(name.split(' ').length);
      const flags = commands.get(name);
      if (flags === undefined)
        return [{ where, message: `op has no command "${name.replace(/ --.*$/u, '').trimEnd()}"` }];
      return rest.flatMap((argument) => {
        const flag = /^(--[a-z][a-z0-9-]*)(?:=|$)/u.exec(argument)?.[1];
        if (flag === undefined) return [{ where, message: `"${argument}" is not --flag=value` }];
        return flags.has(flag) ? [] : [{ where, message: `op ${name} has no flag ${flag}` }];
      });
    });
