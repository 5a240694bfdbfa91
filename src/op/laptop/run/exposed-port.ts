import { isPort } from './ports.js';

interface Stage {
  readonly names: readonly string[];
  readonly from: string;
  readonly exposed: number[];
}

/**
 * The first TCP port that a Dockerfile exposes in the stage that is built, or in a stage that this one starts from.
 * Source: Dockerfile reference, EXPOSE; variables have the values of ARG and ENV above them.
 */
export function exposedPort(dockerfile: string, target?: string): number | undefined {
  const stages: Stage[] = [];
  const variables = new Map<string, string>();
  for (const line of instructions(dockerfile)) {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/su.exec(line) ?? [];
    const instruction = word.toUpperCase();
    if (instruction === 'FROM') stages.push(toStage(fill(rest, variables), stages.length));
    if (instruction === 'ARG' || instruction === 'ENV')
      for (const [key, value] of pairs(rest)) variables.set(key, value);
    if (instruction === 'EXPOSE') stages.at(-1)?.exposed.push(...ports(fill(rest, variables)));
  }
  const found = stages.findLast(({ names }) => target === undefined || names.includes(target.toLowerCase()));
  return found && portOf(found, stages);
}

/** Only stages above can be started from: there is no circle. */
function portOf(stage: Stage, stages: readonly Stage[]): number | undefined {
  const [own] = stage.exposed;
  if (own !== undefined) return own;
  const base = stages.slice(0, stages.indexOf(stage)).findLast(({ names }) => names.includes(stage.from));
  return base && portOf(base, stages);
}

/** Without comments, continued lines joined. */
const instructions = (dockerfile: string) =>
  dockerfile
    .split(/\r?\n/u)
    .filter((line) => !/^\s*#/u.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/gu, ' ')
    .split('\n')
    .map((line) => line.trim());

function toStage(from: string, index: number): Stage {
  const [image = '', as = '', name] = from.split(/\s+/u).filter((word) => !word.startsWith('--'));
  const named = as.toLowerCase() === 'as' && name !== undefined ? [name.toLowerCase()] : [];
  return { names: [`${index}`, ...named], from: image.toLowerCase(), exposed: [] };
}

/** `A=1 B="2"`, or `A 1` of old. */
function pairs(text: string): readonly (readonly [string, string])[] {
  const [, key, value] = /^(\w+)\s+([^=]+)$/u.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [[key, value.trim()]];
  return [...text.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S*)/gu)].map(([, name = '', quoted = '']) => [
    name,
    quoted.replace(/^(["'])(.*)\1$/u, '$2'),
  ]);
}

const fill = (text: string, variables: ReadonlyMap<string, string>) =>
  text.replace(/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/gu, (_, braced, fallback, plain) =>
    String(variables.get(braced ?? plain) || (fallback ?? '')),
  );

const ports = (text: string) =>
  text
    .split(/\s+/u)
    .filter((word) => !/\/(?!tcp$)/iu.test(word))
    .map((word) => Number(/^\d+/u.exec(word.replace(/^["']/u, ''))?.[0]))
    .filter(isPort);
