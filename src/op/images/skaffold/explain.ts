import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { type Command, type Ended, failureOf } from '../../kit/process/run.js';
import { hintFor, problemIn } from '../../systems/registry/problem.js';
import { malformed } from './profiles.js';

const linesShown = 12;

/** The error for a failed build: which image, the last lines, and what to do. */
export function explainFailure(file: string, command: Command, ended: Ended, lines: readonly string[]): OpError {
  const images = failedImages(lines);
  const what = images.length > 0 ? `building ${images.join(', ')} failed` : `skaffold could not build ${file}`;
  const hint = `fix what the builder reports, and try it with: skaffold build --filename=${file}`;
  if (ended.ended !== 'failed') return failureOf(command, ended, { what, hint });
  const config =
    /(?:parsing skaffold config: |invalid skaffold config: |creating tagger: |skaffold config file .* not found).*/su.exec(
      lines.join('\n'),
    );
  if (config !== null) return malformed(file, config[0]);
  const output = lines.filter((line) => !isRoutine(line)).slice(-linesShown);
  const why = [`skaffold ended with exit code ${ended.exitCode ?? 'none'}:`, ...output].join('\n');
  return toolError({ what, why, hint: remedy(output.join('\n'), hint) });
}

/** Lines that Skaffold prints for every build. */
const isRoutine = (line: string) =>
  /^(?:Generating tags|Checking cache|Starting build|Building \[.+\])\.\.\.$|^Build \[.+\] (?:was canceled|succeeded)$|^ - \S+(?: ->|:) /u.test(
    line,
  );

/** Skaffold prints a line when an artifact starts and when it is done; artifacts without the second failed. */
function failedImages(lines: readonly string[]): readonly string[] {
  const open = new Set<string>();
  for (const line of lines) {
    const started = /^Building \[(.+)\]\.\.\.$/u.exec(line)?.[1];
    const ended = /^Build \[(.+)\] (?:succeeded|was canceled)$/u.exec(line)?.[1];
    if (started !== undefined) open.add(started);
    if (ended !== undefined) open.delete(ended);
  }
  return [...open];
}

function remedy(output: string, otherwise: string): string {
  if (output.includes('Cannot connect to the Docker daemon')) {
    return 'use a builder that needs no Docker daemon (custom, ko, jib), or run op where a Docker daemon answers';
  }
  if (/^getting image: .*(?:MANIFEST|NAME)_UNKNOWN/mu.test(output)) {
    return 'make the builder push to $IMAGE when $PUSH_IMAGE is true: it succeeded, but the image is not in the registry';
  }
  const problem = problemIn(output);
  const registry = /https?:\/\/([^/\s"]+)\/v2\//u.exec(output)?.[1];
  if (registry === undefined || problem === 'other' || problem === 'absent') return otherwise;
  return hintFor(problem, registry);
}
