import { inputError, type OpError, refusedError } from '../../kit/errors/op-error.js';
import { largestBody, sizeOf } from '../../store/documents/body.js';
import type { Package, Plan, Release, Run } from '../documents/shapes.js';
import { itemsOf } from '../next/phases.js';

/** Bytes that a new release may have: its runs, with their inputs and outputs, get the rest of the document. */
const largestPlan = 350_000;

/** Bytes that stay free for the end of each run that is going on: an error, and who wrote it. */
const endOfRun = 2_000;

/** Bytes of a package that only failures and holds may use, so that they can always be recorded. */
const keptOfPackage = 50_000;

/** Runs of an item that are kept: it may be deployed again every day, and checked every hour. */
const keptRuns = 10;

/** Fewer, while the document has no room for them. */
const fewerRuns = [keptRuns, 5, 3, 1];

/** The release with its newest runs, as many as its document has room for; undefined when one of each item is too much. */
export function fitted(release: Release): Release | undefined {
  const free = endOfRun * release.runs.filter(({ status }) => status === 'running').length;
  for (const kept of fewerRuns) {
    const smaller = { ...release, runs: newestRuns(release.runs, kept) };
    if (sizeOf(smaller) + free <= largestBody) return smaller;
  }
  return undefined;
}

/** Of each item the last `kept`, and the newest complete one of each thing that it does. */
function newestRuns(runs: readonly Run[], kept: number): Run[] {
  const left = new Map<string, number>();
  const complete = new Set<string>();
  const isKept = ({ item, does, status }: Run) => {
    const others = left.get(item) ?? 0;
    left.set(item, others + 1);
    const isNewest = status === 'complete' && !complete.has(`${does} ${item}`);
    if (isNewest) complete.add(`${does} ${item}`);
    return others < kept || isNewest;
  };
  return runs.toReversed().filter(isKept).toReversed();
}

export const packageFits = (document: Package): boolean => sizeOf(document) <= largestBody - keptOfPackage;

/** @throws OpError (input) for a plan that leaves no room for runs */
export function checkPlan(release: Release): void {
  const size = sizeOf(release);
  if (size <= largestPlan) return;
  throw inputError({
    what: `the plan of ${release.package} is too large for the store`,
    why: `it has ${size} bytes of at most ${largestPlan}; the largest parts: ${largest(partsOf(release.plan))}`,
    hint: 'keep large values in files of the repository, and name a large Task or Pipeline with its `files`',
  });
}

/** Why a run cannot start: the release with it does not fit into its document. */
export const noRoom = (release: Release, item: string): OpError =>
  refusedError({
    what: `${item} cannot start`,
    why: `${release.ref} would have ${sizeOf(release)} bytes in the store, of at most ${largestBody}; the largest parts: ${largest([...partsOf(release.plan), ...runsOf(release.runs)])}`,
    hint: 'let items return references to large values (a digest, a URL, a file of the repository), and make another release',
  });

type Part = readonly [name: string, bytes: number];

const partsOf = (plan: Plan): Part[] => [
  ...Object.values(plan.documents ?? {}).map(
    (text): Part => [`YAML of ${nameIn(plan, text)}`, Buffer.byteLength(text)],
  ),
  ...itemsOf(plan).flatMap(({ key, inputs }) =>
    Object.entries(inputs).map(([input, value]): Part => [`input ${input} of ${key}`, sizeOf(value)]),
  ),
];

/** Of the Task or the Pipeline whose YAML it is. */
function nameIn(plan: Plan, text: string): string {
  const digests = Object.entries(plan.documents ?? {}).flatMap(([digest, one]) => (one === text ? [digest] : []));
  const runs = itemsOf(plan).flatMap((item) => Object.values(item.runs ?? {}));
  const found = runs.find(({ digest }) => digest !== undefined && digests.includes(digest));
  return found === undefined ? 'a Task' : `${found.kind} ${found.name}`;
}

const runsOf = (runs: readonly Run[]): Part[] =>
  runs.flatMap(({ item, number, inputs, output = {} }): Part[] => [
    [`inputs of ${item}/${number}`, sizeOf(inputs)],
    [`output of ${item}/${number}`, sizeOf(output)],
  ]);

/** The three largest. */
const largest = (parts: readonly Part[]): string =>
  parts
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name, bytes]) => `${name} ${bytes}`)
    .join(', ');
