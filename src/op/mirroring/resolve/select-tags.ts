import { Range, SemVer } from 'semver';
import { compilePattern } from '../mirror-file/pattern.js';
import type { TagSelection } from '../mirror-file/read.js';

/** A tag as it is compared. */
interface Candidate {
  readonly tag: string;
  /** The extracted part, or the whole tag. */
  readonly value: string;
}

/** Whether the tags of the repository must be listed; names alone need no list. */
export const needsList = ({ regex, semver, newest }: TagSelection): boolean =>
  (regex ?? semver ?? newest) !== undefined;

/**
 * Chooses among the tags of a repository: regex, exclude, extract, semver, sort, newest, in this order. Those that are named in `exact` are
 * not part of it. The highest tag comes first where there is an order.
 */
export function selectTags(listed: readonly string[], selection: TagSelection): readonly string[] {
  const { semver, prereleases = false, newest } = selection;
  const sort = selection.sort ?? (semver === undefined ? undefined : 'semver');
  let kept = candidatesOf([...new Set(listed)], selection);
  if (semver !== undefined) {
    const range = new Range(semver, { includePrerelease: prereleases });
    kept = kept.filter(({ value }) => {
      const version = versionOf(value);
      return version !== undefined && range.test(version);
    });
  }
  if (sort === 'semver')
    kept = highestFirst(kept, versionOf, (one, other) => one.compare(other) || one.compareBuild(other));
  if (sort === 'numerical') kept = highestFirst(kept, numberOf, compareNumbers);
  if (sort === 'alphabetical') kept = highestFirst(kept, (value) => value, compareText);
  return (newest === undefined ? kept : kept.slice(0, newest)).map(({ tag }) => tag);
}

function candidatesOf(tags: readonly string[], { regex, exclude, extract }: TagSelection): readonly Candidate[] {
  const wanted = regex === undefined ? undefined : expressionOf(regex);
  const unwanted = exclude === undefined ? undefined : expressionOf(exclude);
  return tags.flatMap((tag): readonly Candidate[] => {
    if (unwanted?.test(tag)) return [];
    if (wanted === undefined) return [{ tag, value: tag }];
    const match = wanted.exec(tag);
    if (match === null) return [];
    return [{ tag, value: extract === undefined ? tag : extracted(extract, match) }];
  });
}

function expressionOf(pattern: string): RegExp {
  const compiled = compilePattern(pattern);
  if ('problem' in compiled) throw new Error(`the mirror file was not checked: ${compiled.problem}`);
  return compiled.expression;
}

const extracted = (template: string, match: RegExpExecArray): string =>
  template.replaceAll(/\$(?:\{(\w+)\}|(\w+))/gu, (_, braced?: string, plain?: string) => {
    const group = braced ?? plain ?? '';
    return (/^\d+$/u.test(group) ? match[Number(group)] : match.groups?.[group]) ?? '';
  });

/** Those that have an order, the highest first; equal ones by their tags. */
function highestFirst<Key>(
  candidates: readonly Candidate[],
  keyOf: (value: string) => Key | undefined,
  compare: (one: Key, other: Key) => number,
): readonly Candidate[] {
  const keyed = candidates.flatMap((candidate) => {
    const key = keyOf(candidate.value);
    return key === undefined ? [] : [{ candidate, key }];
  });
  return keyed
    .toSorted((one, other) => compare(other.key, one.key) || compareText(other.candidate.tag, one.candidate.tag))
    .map(({ candidate }) => candidate);
}

/** A version with or without a leading v, and perhaps without its last numbers: `v1.2`, `1.25-alpine`. */
const versionForm = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?((?:[-+].*)?)$/u;

/** The version that a text is; undefined if it is none. */
function versionOf(value: string): SemVer | undefined {
  const [, major, minor = '0', patch = '0', rest = ''] = versionForm.exec(value) ?? [];
  if (major === undefined) return undefined;
  try {
    // Some projects write 1.02, which the specification does not allow.
    return new SemVer(`${[major, minor, patch].map((part) => part.replace(/^0+(?=\d)/u, '')).join('.')}${rest}`);
  } catch {
    return undefined;
  }
}

interface Decimal {
  readonly whole: bigint;
  readonly fraction: string;
}

/** Numbers of any length: dates and build numbers have more digits than a double can tell apart. */
function numberOf(value: string): Decimal | undefined {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/u.exec(value) ?? [];
  return whole === undefined ? undefined : { whole: BigInt(whole), fraction };
}

function compareNumbers(one: Decimal, other: Decimal): number {
  if (one.whole !== other.whole) return one.whole < other.whole ? -1 : 1;
  const length = Math.max(one.fraction.length, other.fraction.length);
  return compareText(one.fraction.padEnd(length, '0'), other.fraction.padEnd(length, '0'));
}

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
