import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { type Command, type Ended, failureOf } from '../../kit/process/run.js';
import { hintFor, problemIn } from '../../systems/registry/problem.js';
import { explainPhase } from './explain-phase.js';

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

/** A line without the name of the phase, which pack adds if each phase has its own container. */
export const withoutPhase = (line: string) =>
  line.replace(/^\[(?:analyzer|detector|restorer|builder|exporter)\] /u, '');

/** The error for a build with pack that failed: the error of the phase, if one failed. */
export function explainPack(command: Command, ended: Ended, lines: readonly string[], subject: Subject): OpError {
  const { image, builder, registry } = subject;
  const output = ended.stderr.replace(/^ERROR: (?:failed to build: )?/gmu, '');
  const code = /executing lifecycle: failed with status code: (\d+)/u.exec(output)?.[1];
  const heading = lines.findLastIndex((line) => line.startsWith('===> '));
  const phase = phases[lines[heading]?.slice('===> '.length) ?? ''];
  if (code !== undefined && phase !== undefined) {
    const printed = lines.slice(heading + 1).filter((line) => !ended.stderr.includes(line));
    return explainPhase(phase, Number(code), printed.map(withoutPhase), subject);
  }
  const problem = problemIn(output);
  const noBuilder = /failed to fetch builder image .* not found\b/u.test(output);
  if (noBuilder || output.startsWith('invalid builder')) {
    return inputError({
      what: noBuilder ? `builder ${builder} not found` : `${builder} is not a builder`,
      why: output.trim(),
      hint: 'correct builder in skaffold.yaml or project.toml, or --builder; a private registry needs credentials',
    });
  }
  const asked = /https?:\/\/([^/\s"]+)\/v2\//u.exec(output)?.[1] ?? registry;
  const hint = problem === 'other' ? 'fix the problem that pack reports' : hintFor(problem, asked);
  return failureOf(command, { ...ended, stderr: output }, { what: `building ${image} with pack failed`, hint });
}
