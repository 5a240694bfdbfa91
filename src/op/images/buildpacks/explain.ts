import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { problemIn, remedyFor } from '../../systems/registry/problem.js';

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
  const hint = 'correct what the lines above say';
  if (phase === 'detect' && exitCode === 20) return noneFits(lines, subject);
  if (phase === 'detect' && exitCode === 21) {
    const what = `a buildpack of ${builder} failed to look at ${image}`;
    return toolError({ what, why: withLines('detect ended with exit code 21', results(lines)), hint });
  }
  if (phase === 'build' && exitCode === 51) {
    const said = lines.filter((line) => !/^ERROR: failed to build: exit status \d+$/u.test(line));
    const status = /exit status \d+/u.exec(lines.at(-1) ?? '')?.[0];
    return toolError({
      what: `building ${image} failed`,
      why: withLines(`a buildpack ended with ${status ?? 'an error'}`, said),
      hint: 'correct what the buildpack says; op build-buildpacks builds this image alone',
    });
  }
  if (exitCode === 11 || exitCode === 12) {
    const what = `cannot build ${image} with the builder ${builder}`;
    return inputError({ what, why: withLines('its versions do not fit', errors(lines)), hint: 'take a newer builder' });
  }
  return connected(phase, exitCode, lines, subject) ?? failed(phase, exitCode, lines, subject);
}

function noneFits(lines: readonly string[], { image, builder }: Subject): OpError {
  return inputError({
    what: `no buildpack of ${builder} fits ${image}`,
    why: withLines('each of them looked at the context and said no', results(lines)),
    hint: 'add to the context what one of them looks for, name a buildpack or another builder, or correct the context',
  });
}

/** The registry's own words, when it is the registry. */
function connected(phase: string, exitCode: number, lines: readonly string[], { image, target }: Subject) {
  const said = errors(lines).join('\n');
  const problem = problemIn(said);
  if (problem === 'other') return undefined;
  const registry =
    /https?:\/\/([^/\s"]+)\/v2\//u.exec(said)?.[1] ?? /dial tcp(?:: lookup)? ([^\s:]+(?::\d+)?)/u.exec(said)?.[1];
  return toolError({
    what: phase === 'restore' ? `cannot read the build cache of ${image}` : `cannot push ${target}`,
    why: withLines(`${phase} ended with exit code ${exitCode}`, errors(lines)),
    hint: remedyFor(problem, registry ?? target.replace(/\/.*$/u, '')),
  });
}

function failed(phase: string, exitCode: number, lines: readonly string[], { image }: Subject): OpError {
  const signal =
    exitCode > 128 ? `, signal ${exitCode - 128}${exitCode === 137 ? ': it may have taken too much memory' : ''}` : '';
  return toolError({
    what: `the phase ${phase} of ${image} failed`,
    why: withLines(`it ended with exit code ${exitCode}${signal}`, lines),
    hint: 'correct what the lines above say; with --debug the lifecycle says more',
  });
}

/** The lifecycle marks its own errors, and puts what the registry said behind them. */
function errors(lines: readonly string[]): readonly string[] {
  const marked = lines.filter((line) => line.startsWith('ERROR: ')).map((line) => line.slice('ERROR: '.length));
  return marked.length > 0 ? marked : lines;
}

/** What the detector found out, without what it says of every failure. */
const results = (lines: readonly string[]) =>
  lines.filter((line) => !/^ERROR: (?:No buildpack groups|Please check|failed to detect)/u.test(line));

function withLines(first: string, lines: readonly string[]): string {
  const said = lines.filter((line) => line.trim() !== '').slice(-linesShown);
  return said.length > 0 ? `${first}:\n${said.join('\n')}` : `${first}, and printed nothing`;
}
