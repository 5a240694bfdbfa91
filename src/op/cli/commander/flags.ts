import { type Command, Option as CommanderOption, InvalidArgumentError } from 'commander';
import { describeOption, flagNameOf, type Option, type Options } from '../../kit/options/option.js';
import type { GivenTexts } from '../../kit/options/read-request.js';

/** Adds options to a command as flags. Every flag collects the texts that were typed for it; {@link textsOf} gives them back. */
export function addFlags(command: Command, options: Options): void {
  for (const [name, option] of Object.entries(options)) {
    const letter = option.letter === undefined ? '' : `-${option.letter}, `;
    command.addOption(flagFor(option, `${letter}--${flagNameOf(name)}`, describeOption(option)));
    for (const alias of option.aliases ?? []) {
      command.addOption(flagFor(option, `--${alias}`, `the same as --${flagNameOf(name)}`));
    }
  }
}

/** What was typed for each flag of a command and of those above it. */
export const textsOf = (command: Command): GivenTexts => command.optsWithGlobals<GivenTexts>();

function flagFor(option: Option, name: string, sentence: string): CommanderOption {
  const { value, bare, hidden = false, plain = false, problemOf } = option;
  const flag = new CommanderOption(plain ? name : `${name} ${value}`, sentence).hideHelp(hidden);
  flag.argParser((text: string, earlier: readonly string[] = []) => {
    const problem = text === '' ? undefined : problemOf(text);
    if (problem !== undefined) throw new InvalidArgumentError(problem);
    return [...earlier, text];
  });
  // Otherwise commander takes `--no-proxy` for the opposite of `--proxy`.
  flag.negate = false;
  return bare === undefined ? flag : flag.preset(bare);
}
