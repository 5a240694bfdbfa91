import { type Instruction, parseDockerfile, splitWords } from './parse.js';
import { substitute } from './substitute.js';

/** Build arguments by name; null for one without a value. */
export type BuildArgs = Readonly<Record<string, string | null>>;

/** One stage of a Dockerfile, `FROM` to the next `FROM`. */
export interface Stage {
  /** Its number and its name if it has one, in lower case. */
  readonly names: readonly string[];
  /** What it starts from, a stage or an image; undefined when the name has an unknown variable. */
  readonly from: string | undefined;
  /** The earlier stage that it starts from, if any. */
  readonly parent: Stage | undefined;
  readonly instructions: readonly StageInstruction[];
}

/** An instruction of a stage other than FROM, ARG and ENV. */
export interface StageInstruction extends Instruction {
  /** Its text with variables as they are at this line; undefined when one is unknown. */
  readonly substitute: (text: string) => string | undefined;
}

type Variables = ReadonlyMap<string, string>;

/**
 * The stages of a Dockerfile, with the values that ARG and ENV give at each line. An ARG before the first FROM counts there, and in a
 * stage only after that stage declares it; a stage has the variables of the stage that it starts from. The variables of base images
 * are unknown.
 * @see https://docs.docker.com/reference/dockerfile/#scope
 */
export function readStages(text: string, buildArgs: BuildArgs): readonly Stage[] {
  const { escapeToken, instructions } = parseDockerfile(text);
  const stages: Stage[] = [];
  const atEnd = new Map<Stage, Variables>();
  let globals: Variables = new Map();
  let current = globals;
  let lines: StageInstruction[] = [];
  for (const instruction of instructions) {
    const { keyword, rest } = instruction;
    const variables = current;
    const words = splitWords(rest, escapeToken);
    if (keyword === 'FROM') {
      lines = [];
      const stage = startStage(words, stages, lines, (word) => substitute(word, globals, escapeToken));
      stages.push(stage);
      current = (stage.parent && atEnd.get(stage.parent)) ?? new Map();
    } else if (keyword === 'ARG') {
      current = withArgs(current, words, { buildArgs, globals, escapeToken });
    } else if (keyword === 'ENV') {
      current = withEnv(current, rest, words, escapeToken);
    } else {
      lines.push({ ...instruction, substitute: (text) => substitute(text, variables, escapeToken) });
    }
    const stage = stages.at(-1);
    if (stage === undefined) globals = current;
    else atEnd.set(stage, current);
  }
  return stages;
}

/** A stage can only start from an earlier one, so there is no cycle; of several with one name, from the last. */
function startStage(
  [image = '', as = '', name]: readonly string[],
  stages: readonly Stage[],
  instructions: readonly StageInstruction[],
  withValues: (word: string) => string | undefined,
): Stage {
  const from = withValues(image);
  const named = as.toLowerCase() === 'as' && name !== undefined ? [name.toLowerCase()] : [];
  const parent = stages.findLast(({ names }) => names.includes(from?.toLowerCase() ?? ''));
  return { names: [`${stages.length}`, ...named], from, parent, instructions };
}

interface Scope {
  readonly buildArgs: BuildArgs;
  /** The ARGs before the first FROM. */
  readonly globals: Variables;
  readonly escapeToken: string;
}

/** `ARG A B=2 C="3"`: the value is the build argument, else the default, else that of the ARG before the first FROM. */
function withArgs(current: Variables, words: readonly string[], { buildArgs, globals, escapeToken }: Scope): Variables {
  const variables = new Map(current);
  for (const word of words) {
    const [, name = '', written] = /^(\w+)(?:=(.*))?$/su.exec(word) ?? [];
    const given = buildArgs[name] ?? (written === undefined ? globals.get(name) : undefined);
    if (given !== undefined) variables.set(name, given);
    else if (written !== undefined) setOrForget(variables, name, substitute(written, variables, escapeToken));
  }
  return variables;
}

/** `ENV A=1 B="2"`, or the old form `ENV A 1`. Values of one line do not see each other. */
function withEnv(current: Variables, rest: string, words: readonly string[], escapeToken: string): Variables {
  const variables = new Map(current);
  const [, oldName, oldValue = ''] = /^(\w+)\s+(.*)$/su.exec(rest) ?? [];
  const pairs = oldName === undefined ? words : [`${oldName}=${oldValue}`];
  for (const pair of pairs) {
    const [, name = '', written = ''] = /^([^=]+)=(.*)$/su.exec(pair) ?? [];
    setOrForget(variables, name, substitute(written, current, escapeToken));
  }
  return variables;
}

/** A value that is unknown hides an earlier one. */
function setOrForget(variables: Map<string, string>, name: string, value: string | undefined): void {
  if (value === undefined) variables.delete(name);
  else variables.set(name, value);
}
