import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { hintFor, problemIn } from '../../systems/registry/problem.js';

/** What is being built, for messages. */
interface Subject {
  readonly image: string;
  readonly target: string;
  readonly builder: string;
}

const linesShown = 12;

/** The error for a phase that failed. Source of the exit codes: buildpacks/lifecycle v0.21.0, cmd/exit.go and platform/exit.go. */
export function explainPhase(phase: string, exitCode: number, lines: readonly string[], subject: Subject): OpError {
  const { image, builder } = subject;
  const hint = 'fix the problem that the lines above report';
  if (phase === 'detect' && exitCode === 20) return noBuildpackDetected(lines, subject);
  if (phase === 'detect' && exitCode === 21) {
    const what = `a buildpack of ${builder} failed to check ${image}`;
    return toolError({ what, why: withLines('detect ended with exit code 21', results(lines)), hint });
  }
  if (phase === 'build' && exitCode === 51) {
    const said = lines.filter((line) => !/^ERROR: failed to build: exit status \d+$/u.test(line));
    const status = /exit status \d+/u.exec(lines.at(-1) ?? '')?.[0];
    return toolError({
      what: `building ${image} failed`,
      why: withLines(`a buildpack ended with ${status ?? 'an error'}`, said),
      hint: 'fix the problem that the buildpack reports; op build-buildpacks builds only this image',
    });
  }
  if (exitCode === 11 || exitCode === 12) {
    const what = `cannot build ${image} with the builder ${builder}`;
    return inputError({
      what,
      why: withLines('its API versions are incompatible', errors(lines)),
      hint: 'use a newer builder',
    });
  }
  return registryFailed(phase, exitCode, lines, subject) ?? phaseFailed(phase, exitCode, lines, subject);
}

function noBuildpackDetected(lines: readonly string[], { image, builder }: Subject): OpError {
  return inputError({
    what: `no buildpack of ${builder} can build ${image}`,
    why: withLines('none of them detected an application in the context', results(lines)),
    hint: 'add the files that one of them looks for, choose a buildpack or another builder, or correct the context',
  });
}

/** The message of the registry, if the registry failed. */
function registryFailed(phase: string, exitCode: number, lines: readonly string[], { image, target }: Subject) {
  const text = errors(lines).join('\n');
  const problem = problemIn(text);
  if (problem === 'other') return undefined;
  const registry =
    /https?:\/\/([^/\s"]+)\/v2\//u.exec(text)?.[1] ?? /dial tcp(?:: lookup)? ([^\s:]+(?::\d+)?)/u.exec(text)?.[1];
  return toolError({
    what: phase === 'restore' ? `cannot read the build cache of ${image}` : `cannot push ${target}`,
    why: withLines(`${phase} ended with exit code ${exitCode}`, errors(lines)),
    hint: hintFor(problem, registry ?? target.replace(/\/.*$/u, '')),
  });
}

function phaseFailed(phase: string, exitCode: number, lines: readonly string[], { image }: Subject): OpError {
  const signal =
    exitCode > 128 ? `, signal ${exitCode - 128}${exitCode === 137 ? ': it may have used too much memory' : ''}` : '';
  return toolError({
    what: `the phase ${phase} of ${image} failed`,
    why: withLines(`it ended with exit code ${exitCode}${signal}`, lines),
    hint: 'fix the problem that the lines above report; with --debug the lifecycle prints more',
  });
}

/** The lifecycle marks its own errors, followed by the message of the registry. */
function errors(lines: readonly string[]): readonly string[] {
  const marked = lines.filter((line) => line.startsWith('ERROR: ')).map((line) => line.slice('ERROR: '.length));
  return marked.length > 0 ? marked : lines;
}

/** The results of the detector, without the lines that it prints for every failure. */
const results = (lines: readonly string[]) =>
  lines.filter((line) => !/^ERROR: (?:No buildpack groups|Please check|failed to detect)/u.test(line));

function withLines(first: string, lines: readonly string[]): string {
  const said = lines.filter((line) => line.trim() !== '').slice(-linesShown);
  return said.length > 0 ? `${first}:\n${said.join('\n')}` : `${first}, and printed nothing`;
}
