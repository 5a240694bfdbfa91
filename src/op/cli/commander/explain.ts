import type { CommanderError } from 'commander';
import { type OpError, usageError } from '../../kit/errors/op-error.js';

/** Says what is wrong with a command line, for the errors of commander: the message, the reason, and what to type. */
export function explainCommandLine({ code, message }: CommanderError, argv: readonly string[]): OpError {
  const [what = '', suggestion] = message.replace(/^error: /u, '').split('\n');
  const meant = suggestion === undefined ? undefined : /Did you mean (.+)\?/u.exec(suggestion)?.[1];
  const command = argv.find((word) => !word.startsWith('-'));
  const help = command === undefined || code === 'commander.unknownCommand' ? 'op --help' : `op ${command} --help`;
  const invalid = /^option '(.+?)' argument '(.*)' is invalid\. (.+)$/su.exec(what);
  if (invalid !== null) {
    const [, flag = '', value = '', rule = ''] = invalid;
    return usageError({
      what: `${nameOf(flag)} does not accept "${value}"`,
      why: startLow(rule.replace(/\.$/u, '')),
      hint: `see ${help}`,
    });
  }
  const missing = /^option '(.+?)' argument missing$/u.exec(what);
  if (missing !== null) {
    return usageError({
      what: `${nameOf(missing[1] ?? '')} needs a value`,
      why: 'nothing follows it on the command line',
      hint: `type ${missing[1]?.replace(/^-., /u, '')}; see ${help}`,
    });
  }
  return usageError({
    what,
    why: reasons[code] ?? 'the command line is not valid',
    hint: meant === undefined ? `see ${help}` : `did you mean ${meant}? See ${help}`,
  });
}

const reasons: Readonly<Record<string, string>> = {
  'commander.unknownCommand': 'op has no command of this name',
  'commander.unknownOption': 'the command has no such flag',
  'commander.excessArguments': 'every value of this command belongs to a flag',
};

/** `--engine` of `-e, --engine <engine>`. */
const nameOf = (flag: string) => /--[^\s]+/u.exec(flag)?.[0] ?? flag;

const startLow = (text: string) => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
