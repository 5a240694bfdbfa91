import { type Command, commandsOf } from './commands.js';
import { isShell, type Use, usesOf } from './interpreters.js';

/** A variable whose value becomes code, and where. */
export interface Code {
  readonly line: number;
  readonly program: string;
  readonly variable: string;
}

/**
 * The variables that a shell script makes code of: `eval "$X"`, `sh -c "run $X"`, `sed "s/a/$X/"`, `. "$X"`.
 *
 * @param value what a variable of this name holds: something that a run gives; a path of the pod, which may name a file but is no code; or
 * nothing of interest
 */
export function codeIn(script: string, value: (variable: string) => 'given' | 'path' | undefined): readonly Code[] {
  const found = commandsOf(script).flatMap((command) => codeOf(command, value));
  const keys = found.map(({ line, variable }) => `${line} ${variable}`);
  return found.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

function codeOf({ words, line, input }: Command, value: (variable: string) => 'given' | 'path' | undefined): Code[] {
  const uses = usesOf(words.map(({ text }) => text));
  if (uses === undefined) return [];
  const { program } = uses;
  const dangerous = (use: Use) => (variable: string) => {
    const held = value(variable);
    return held === 'given' || (held === 'path' && use === 'code');
  };
  const found = [...uses.words].flatMap(([index, use]) => words[index]?.variables.filter(dangerous(use)) ?? []);
  if (uses.input) found.push(...input.filter(dangerous('code')));
  const inner = uses.shell
    ? [...uses.words].flatMap(([index, use]) => (use === 'code' ? codeIn(words[index]?.text ?? '', value) : []))
    : [];
  return [
    ...found.map((variable) => ({ line, program, variable })),
    ...inner.map(({ variable, program: within }) => ({ line, program: within, variable })),
  ];
}

/** The program of the `#!` line, unless it is a shell or there is none. */
export function foreignProgram(script: string): string | undefined {
  if (!script.startsWith('#!')) return undefined;
  const words = (script.slice(2).split('\n', 1)[0] ?? '').trim().split(/\s+/);
  const program = words.find((word, index) => !(index === 0 && /(?:^|\/)env$/.test(word)) && !word.startsWith('-'));
  if (program === undefined || isShell(program)) return undefined;
  return program.slice(program.lastIndexOf('/') + 1);
}
