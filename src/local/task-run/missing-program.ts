import { stat } from 'node:fs/promises';
import { findProgram } from '../../op/kit/process/find-program.js';
import type { Container } from './containers.js';
import { onThisMachine, searched } from './mounts.js';
import { existsInContainer } from './own-image.js';
import type { Sidecar, Step } from './task-spec.js';

/** Why the program of a container cannot start, as far as it can be known before; undefined if it can. */
export async function missingProgram(
  { label, image, script, env, mounts, own }: Container<Step | Sidecar>,
  command: readonly string[],
): Promise<string | undefined> {
  const exists = async (path: string) =>
    own === undefined ? isThere(onThisMachine(mounts, path)) : existsInContainer(own, mounts, path);
  const inPath = async (word: string) => {
    if (own === undefined) return findProgram(word, searched(env.PATH, mounts)) !== undefined;
    for (const directory of (env.PATH ?? '').split(':')) if (await exists(`${directory}/${word}`)) return true;
    return false;
  };
  for (const word of script === undefined ? command.slice(0, 1) : interpreter(script)) {
    if (!(await (word.includes('/') ? exists(word) : inPath(word)))) {
      return own === undefined
        ? explain(label, image, word)
        : `op: the step ${label} wants ${word}, which ${image} does not have`;
    }
  }
  return undefined;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

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
