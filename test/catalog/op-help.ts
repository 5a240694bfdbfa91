import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The flags that each command of op accepts, by command: `git-clone` -> {`--url`, ...}, `mirror copy` -> {`--file`, ...}. */
export type CommandFlags = ReadonlyMap<string, ReadonlySet<string>>;

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The commands of op and their flags, as `op --help` and `op COMMAND --help` print them; those of op itself are valid for any command. Runs the source, so no build is needed. */
export async function readOpHelp(): Promise<CommandFlags> {
  const program = await help([]);
  return new Map(await flagsOf([], program, flagsIn(program)));
}

/** Those of the commands of a group, and of the commands in them. */
async function flagsOf(group: readonly string[], text: string, anywhere: ReadonlySet<string>) {
  const found = await Promise.all(
    namesIn(text).map(async (name): Promise<readonly (readonly [string, ReadonlySet<string>])[]> => {
      const command = [...group, name];
      const own = await help(command);
      if (namesIn(own).length > 0) return flagsOf(command, own, anywhere);
      return [[command.join(' '), new Set([...anywhere, ...flagsIn(own)])]];
    }),
  );
  return found.flat();
}

async function help(command: readonly string[]): Promise<string> {
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', 'src/op/main.ts', ...command, '--help'], {
    cwd: root,
    stdin: 'ignore',
  });
  return stdout;
}

/** The first word of each line under `Commands:`. */
function namesIn(text: string): string[] {
  const [, list = ''] = text.split(/^Commands:$/mu);
  return [...list.matchAll(/^ {2}([a-z][a-z0-9-]*)/gmu)].map(([, name = '']) => name).filter((name) => name !== 'help');
}

/** The flag at the start of each line, with or without its one-letter form before it; not those that a description mentions. */
const flagsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z0-9-]*)/gmu)].map(([, flag = '']) => flag));
