import { join, resolve } from 'node:path';

/** The files of a run, in one directory; absolute paths. */
export interface Files {
  readonly directory: string;
  /** What will be done. */
  readonly plan: string;
  /** What was done. */
  readonly copied: string;
  /** What was read back. */
  readonly verified: string;
  /** Images to try again, a line each. */
  readonly retry: string;
  readonly report: string;
  readonly reportPage: string;
  /** The same for a browser. */
  readonly reportHtml: string;
  /** What `op mirror prune` will delete, or has deleted. */
  readonly prune: string;
  /** Digests that indexes have at the destination, where only some platforms are copied. */
  readonly expected: string;
  /** What is known of referrers, so that nothing is read twice. */
  readonly referrers: string;
  /** What segments on disks say that were written here, by the SHA-256 of that. */
  readonly segments: string;
  /** Manifests that were read; only while there is something to copy. */
  readonly manifests: string;
  /** Archives of charts that were downloaded; only while there is something to copy. */
  readonly charts: string;
  /** Indexes of Helm repositories, so that one that has not changed is not sent again. */
  readonly chartIndexes: string;
  /** Digests that charts have at the destination, so that none is downloaded to know its own. */
  readonly chartDigests: string;
}

/** The files in a directory. */
export function filesIn(cwd: string, given: string): Files {
  const directory = resolve(cwd, given);
  const named = (name: string) => join(directory, name);
  return {
    directory,
    plan: named('plan.json'),
    copied: named('copied.json'),
    verified: named('verified.json'),
    retry: named('retry.txt'),
    report: named('report.json'),
    reportPage: named('report.md'),
    reportHtml: named('report.html'),
    prune: named('prune.json'),
    expected: named('expected.json'),
    referrers: named('referrers.json'),
    segments: named('segments'),
    manifests: named('manifests'),
    charts: named('charts'),
    chartIndexes: named('chart-indexes'),
    chartDigests: named('charts.json'),
  };
}
