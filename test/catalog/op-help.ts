import type { Command } from 'commander';
import { createProgram } from '../../src/op/cli/program.js';
import { testContext } from '../op/test-context.js';

/** The flags that each command of op accepts, by command: `git-clone` -> {`--url`, ...}, `mirror copy` -> {`--file`, ...}. */
export type CommandFlags = ReadonlyMap<string, ReadonlySet<string>>;

/** The commands of op and their flags, as their help prints them; those of op itself are valid for any command. */
export function readOpHelp(): CommandFlags {
  const program = createProgram(testContext().context);
  return new Map(flagsOf(program, [], flagsIn(program)));
}

type Flags = readonly (readonly [string, ReadonlySet<string>])[];

/** Those of the commands of a group, and of the commands in them. */
const flagsOf = (group: Command, path: readonly string[], anywhere: ReadonlySet<string>): Flags =>
  group.commands.flatMap((command): Flags => {
    const words = [...path, command.name()];
    if (command.commands.length > 0) return flagsOf(command, words, anywhere);
    return [[words.join(' '), new Set([...anywhere, ...flagsIn(command)])]];
  });

/** The flag at the start of each line, with or without its one-letter form before it; not those that a description mentions. */
const flagsIn = (command: Command): ReadonlySet<string> =>
  new Set(
    [...command.helpInformation().matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z0-9-]*)/gmu)].map(([, flag = '']) => flag),
  );
