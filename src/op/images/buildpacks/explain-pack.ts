import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { type Command, type Ended, failureOf } from '../../kit/process/run.js';
import { problemIn, remedyFor } from '../../systems/registry/problem.js';
import { explainPhase } from './explain.js';

/** What was being built, for messages. */
interface Subject {
  readonly image: string;
  readonly target: string;
  readonly registry: string;
  readonly builder: string;
}

/** The phases by the headings that pack prints before each. Source: pack v0.37.0, internal/build/lifecycle_execution.go. */
const phases: Readonly<Record<string, string>> = {
  ANALYZING: 'analyze',
  DETECTING: 'detect',
  RESTORING: 'restore',
  BUILDING: 'build',
  EXPORTING: 'export',
};

/** A line of a phase without its name, which pack puts before it when each phase has a container of its own. */
export const withoutPhase = (line: string) =>
  line.replace(/^\[(?:analyzer|detector|restorer|builder|exporter)\] /u, '');

/** The error for a build with pack that failed: that of the phase, when one failed. */
export function explainPack(command: Command, ended: Ended, lines: readonly string[], subject: Subject): OpError {
  const { image, builder, registry } = subject;
  const said = ended.stderr.replace(/^ERROR: (?:failed to build: )?/gmu, '');
  const code = /executing lifecycle: failed with status code: (\d+)/u.exec(said)?.[1];
  const heading = lines.findLastIndex((line) => line.startsWith('===> '));
  const phase = phases[lines[heading]?.slice('===> '.length) ?? ''];
  if (code !== undefined && phase !== undefined) {
    const heard = lines.slice(heading + 1).filter((line) => !ended.stderr.includes(line));
    return explainPhase(phase, Number(code), heard.map(withoutPhase), subject);
  }
  const problem = problemIn(said);
  const noBuilder = /failed to fetch builder image .* not found\b/u.test(said);
  if (noBuilder || said.startsWith('invalid builder')) {
    return inputError({
      what: noBuilder ? `there is no builder ${builder}` : `${builder} is not a builder`,
      why: said.trim(),
      hint: 'correct builder in skaffold.yaml or project.toml, or --builder; with a private registry, give credentials',
    });
  }
  const asked = /https?:\/\/([^/\s"]+)\/v2\//u.exec(said)?.[1] ?? registry;
  const hint = problem === 'other' ? 'correct what pack says' : remedyFor(problem, asked);
  return failureOf(command, { ...ended, stderr: said }, { what: `building ${image} with pack failed`, hint });
}
