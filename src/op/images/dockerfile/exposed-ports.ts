import { type BuildArgs, readStages, type Stage, type StageInstruction } from './stages.js';

/**
 * The TCP ports that a Dockerfile exposes in the stage that is built, and then those of the stages that this one starts from.
 * A range counts as its first port.
 * @param target the stage that is built, by name or number; the last one when undefined
 * @see https://docs.docker.com/reference/dockerfile/#expose
 */
export function exposedPorts(dockerfile: string, buildArgs: BuildArgs = {}, target?: string): readonly number[] {
  const stages = readStages(dockerfile, buildArgs);
  const built = stages.findLast(({ names }) => target === undefined || names.includes(target.toLowerCase()));
  return built === undefined ? [] : portsOf(built);
}

const portsOf = ({ instructions, parent }: Stage): readonly number[] => [
  ...instructions.filter(({ keyword }) => keyword === 'EXPOSE').flatMap(portsIn),
  ...(parent === undefined ? [] : portsOf(parent)),
];

/** `80`, `80/tcp`, `8000-8010`; ports of other protocols, and those with an unknown variable, do not count. */
const portsIn = ({ rest, substitute }: StageInstruction) =>
  rest
    .split(/\s+/u)
    .flatMap((word) => (substitute(word) ?? '').split(/\s+/u))
    .filter((word) => !/\/(?!tcp$)/iu.test(word))
    .map((word) => Number(/^\d+/u.exec(word)?.[0]))
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
