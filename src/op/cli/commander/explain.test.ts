import { Command as CommanderCommand, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { option } from '../../kit/options/option.js';
import { registryOptions } from '../../systems/registry/options.js';
import { explainCommandLine } from './explain.js';
import { addFlags } from './flags.js';

const options = {
  engine: option.choice('which', ['auto', 'buildkit'], { letter: 'e' }),
  name: option.text('whom', { letter: 'n' }),
  insecureRegistry: registryOptions.insecureRegistry,
};

function explanation(...argv: string[]): string {
  const program = new CommanderCommand('op').exitOverride().configureOutput({ outputError: () => {} });
  addFlags(
    program.command('greet').action(() => {}),
    options,
  );
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const { message, why, hint, exitCode } = explainCommandLine(error, argv);
    return `${exitCode} ${message} | ${why} | ${hint}`;
  }
  return 'accepted';
}

describe('a command line that is not valid is explained', () => {
  it.each([
    [['gret'], "2 unknown command 'gret' | op has no command of this name | did you mean greet? See op --help"],
    [['nope'], "2 unknown command 'nope' | op has no command of this name | see op --help"],
    [
      ['greet', '--nam=x'],
      "2 unknown option '--nam=x' | the command has no such flag | did you mean --name? See op greet --help",
    ],
    [['greet', '--engine=foo'], '2 --engine does not accept "foo" | use one of auto, buildkit | see op greet --help'],
    [
      ['greet', '--name'],
      '2 --name needs a value | nothing follows it on the command line | type --name <text>; see op greet --help',
    ],
    [
      ['greet', 'you'],
      "2 too many arguments for 'greet'. Expected 0 arguments but got 1. | every value of this command belongs to a flag | see op greet --help",
    ],
    [
      ['greet', '--insecure-registry=r.example:80,http://foo'],
      '2 --insecure-registry does not accept "r.example:80,http://foo" | write each registry as HOST[:PORT], without a protocol or a path: "http://foo" is not | see op greet --help',
    ],
  ])('%j', (argv, said) => expect(explanation(...argv)).toBe(said));

  it.each(['r.example', 'r.example:5000', 'localhost:5001, 10.0.0.1:80'])('accepts the registry %s', (value) => {
    expect(explanation('greet', `--insecure-registry=${value}`)).toBe('accepted');
  });
});
