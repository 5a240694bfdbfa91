import type { Context } from '../../context.js';
import type { Head } from '../../systems/git/head.js';
import { filesDiffer } from '../plan/already-built.js';

/** Says which commit is built, and when nothing can say so. */
export function sayAboutSource({ log }: Context, head: Head | undefined): void {
  if (head === undefined) log.warn('there is no git commit here: CHAINS-GIT_COMMIT cannot name the source');
  else log.step(`commit ${head.commit}`);
  if (head === undefined || head.changed === 0) return;
  log.warn(`${filesDiffer(head.changed)} from that commit: CHAINS-GIT_COMMIT stays empty`);
}

/**
 * The last line of a build: what is done, where it is listed, and what comes next.
 * @param file build_result.json as a person names it; undefined when none was written
 */
export function verdict(done: string, file: string | undefined, head: Head | undefined): string {
  if (file === undefined) return done;
  if (head === undefined || head.changed > 0)
    return `${done}, listed in ${file}; commit and build again before op publish`;
  return `${done}, listed in ${file}; next: op publish --build-result=${file} --git-revision=${head.commit}`;
}
