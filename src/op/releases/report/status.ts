import type { Environment } from '../documents/shapes.js';
import { nextWork } from '../next/next-work.js';
import { holdOf } from '../next/phases.js';
import type { Next, PackageView, Snapshot } from '../next/snapshot.js';

/** What is in one environment of a package. */
export interface Cell {
  readonly package: string;
  readonly environment: string;
  /** `r3`; null when nothing is there. */
  readonly release: string | null;
  readonly since: string | null;
  readonly by: string | null;
  /** The release that intent wants; null for none. */
  readonly wanted: string | null;
  readonly held: string | null;
  readonly failed: string | null;
}

/** What runs where, and what waits for what: what `op status` shows. */
export interface Status extends Next {
  readonly environments: readonly Environment[];
  /** Names of packages. */
  readonly packages: readonly string[];
  readonly deployments: readonly Cell[];
}

/** The status that documents have at one moment. */
export const statusOf = (snapshot: Snapshot): Status => ({
  environments: [...snapshot.environments.values()],
  packages: [...snapshot.packages.keys()],
  deployments: cellsOf(snapshot),
  ...nextWork(snapshot),
});

/** The environments that there are, and those where something is although they are gone. */
export const environmentNames = ({ environments, deployments }: Status): readonly string[] => [
  ...new Set([...environments.map(({ name }) => name), ...deployments.map(({ environment }) => environment)]),
];

const cellsOf = (snapshot: Snapshot): readonly Cell[] =>
  [...snapshot.packages.values()].flatMap((view) =>
    [...new Set([...Object.keys(view.document.deployments), ...Object.keys(view.intent.deployments)])]
      .map((name) => cellOf(snapshot, view, name))
      // What was taken away is history.
      .filter(({ release, wanted, failed }) => release !== null || wanted !== null || failed !== null),
  );

function cellOf(snapshot: Snapshot, view: PackageView, environment: string): Cell {
  const { current, failed: last } = view.document.deployments[environment] ?? {};
  const failed = last !== undefined && view.intent.verdicts[last.release]?.is === 'abandoned' ? undefined : last;
  const wanted = view.intent.deployments[environment];
  return {
    package: view.name,
    environment,
    release: current === undefined ? null : `r${current.release}`,
    since: current?.since.at ?? null,
    by: current?.since.by ?? null,
    wanted: wanted === undefined ? null : `r${wanted.release}`,
    held: holdOf(snapshot, view, environment)?.for ?? null,
    failed: failed === undefined ? null : `${failed.does} r${failed.release}: ${failed.error}`,
  };
}
