import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { type Command, type Ended, failureOf } from '../../kit/process/run.js';
import { problemIn, remedyFor } from '../../systems/registry/problem.js';
import { malformed } from './profiles.js';

const linesShown = 12;

/** The error for a build that failed: which image, what was said last, and what to do about it. */
export function explainFailure(file: string, command: Command, ended: Ended, lines: readonly string[]): OpError {
  const images = failedImages(lines);
  const what = images.length > 0 ? `building ${images.join(', ')} failed` : `skaffold could not build ${file}`;
  const hint = `correct what the builder says, and try it with: skaffold build --filename=${file}`;
  if (ended.ended !== 'failed') return failureOf(command, ended, { what, hint });
  const config =
    /(?:parsing skaffold config: |invalid skaffold config: |creating tagger: |skaffold config file .* not found).*/su.exec(
      lines.join('\n'),
    );
  if (config !== null) return malformed(file, config[0]);
  const said = lines.filter((line) => !isRoutine(line)).slice(-linesShown);
  const why = [`skaffold ended with exit code ${ended.exitCode ?? 'none'}:`, ...said].join('\n');
  return toolError({ what, why, hint: remedy(said.join('\n'), hint) });
}

/** What Skaffold says of every build, whether it fails or not. */
const isRoutine = (line: string) =>
  /^(?:Generating tags|Checking cache|Starting build|Building \[.+\])\.\.\.$|^Build \[.+\] (?:was canceled|succeeded)$|^ - \S+(?: ->|:) /u.test(
    line,
  );

/** Skaffold names an artifact when it starts and when it is done; what is between failed. */
export function failedImages(lines: readonly string[]): readonly string[] {
  const open = new Set<string>();
  for (const line of lines) {
    const started = /^Building \[(.+)\]\.\.\.$/u.exec(line)?.[1];
    const ended = /^Build \[(.+)\] (?:succeeded|was canceled)$/u.exec(line)?.[1];
    if (started !== undefined) open.add(started);
    if (ended !== undefined) open.delete(ended);
  }
  return [...open];
}

function remedy(said: string, otherwise: string): string {
  if (said.includes('Cannot connect to the Docker daemon')) {
    return 'use a builder that needs no Docker daemon (custom, ko, jib), or run op where a daemon answers';
  }
  if (/^getting image: .*(?:MANIFEST|NAME)_UNKNOWN/mu.test(said)) {
    return 'make the builder push to $IMAGE when $PUSH_IMAGE is true: it ended well, and the image is not in the registry';
  }
  const problem = problemIn(said);
  const registry = /https?:\/\/([^/\s"]+)\/v2\//u.exec(said)?.[1];
  if (registry === undefined || problem === 'other' || problem === 'absent') return otherwise;
  return remedyFor(problem, registry);
}
