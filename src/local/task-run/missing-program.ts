import { existsSync } from 'node:fs';
import { findProgram } from '../../op/kit/process/find-program.js';

/** What a step wants to run, as far as it can be known before it starts. */
interface Wanted {
  readonly step: string;
  readonly image: string;
  readonly command: readonly string[];
  /** The script that `command` is the path of. */
  readonly script: string | undefined;
  readonly path: string | undefined;
  /** Whether a path of the step is there. */
  readonly exists: (path: string) => boolean;
}

/** Why the program of a step cannot start on this machine; undefined if it can. */
export function missingProgram({ step, image, command, script, path, exists }: Wanted): string | undefined {
  const words = script === undefined ? command.slice(0, 1) : interpreter(script);
  const missing = words.find((word) => (word.includes('/') ? !exists(word) : findProgram(word, path) === undefined));
  return missing === undefined ? undefined : explain(step, image, missing);
}

/** The program of a `#!` line, and what `env` is told to run. */
function interpreter(script: string): readonly string[] {
  const [program = '', ...words] = (/^#!\s*(.*)/u.exec(script)?.[1] ?? '').trim().split(/\s+/u);
  const wanted = program.endsWith('/env')
    ? words.find((word) => !word.startsWith('-') && !word.includes('='))
    : undefined;
  return [program, wanted].filter((word): word is string => word !== undefined && word !== '');
}

/** What shells print when there is no such program. */
const complaints = [
  /(?:^|: )(?:line )?\d*:? ?([^\s:]+): (?:command )?not found\s*$/u,
  /(?:^|: )command not found: (\S+)\s*$/u,
  /env: [‘'"]?([^\s’'"]+)[’'"]?: No such file or directory/u,
];

/** The program that a shell did not find, from the last lines of a step that ended with 127. */
export function programNotFound(lines: readonly string[]): string | undefined {
  for (const line of lines.toReversed()) {
    for (const complaint of complaints) {
      const [, program] = complaint.exec(line) ?? [];
      if (program !== undefined) return program;
    }
  }
  return undefined;
}

/** Two sentences for the person who runs the Task. */
export const explain = (step: string, image: string, program: string): string =>
  `op: the step ${step} wants ${program}, which this machine does not have; on a cluster it runs in ${image}. ` +
  `Install ${program}, or look into the image: docker run --rm -it --entrypoint sh ${image}`;

export const onDisk = (path: string): boolean => existsSync(path);
