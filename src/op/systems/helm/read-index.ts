import * as v from 'valibot';
import { GoNumber, goScalar } from '../../kit/config/go-scalar.js';
import { readYamlText } from '../../kit/config/yaml-text.js';
import { parseJson } from '../../kit/json/parse-json.js';

/** One version of a chart, as the index of its repository has it. */
export interface IndexedChart {
  readonly version: string;
  /** Where its archive is: relative to the repository, or a whole URL; undefined if the index does not say. */
  readonly url: string | undefined;
  /** SHA-256 of the archive, as `sha256:…`; undefined if the index does not say. */
  readonly digest: string | undefined;
}

/** The index of a Helm repository, of which a chart is read when it is asked for. */
export interface ChartIndex {
  /** The names of the charts, as the index has them: any text. */
  readonly names: readonly string[];
  /**
   * The versions of a chart, as the index has them; those that are no versions are left out, as by Helm.
   * @returns undefined if the index has no such chart; or why its part of the index cannot be read
   */
  readonly versions: (name: string) => readonly IndexedChart[] | undefined | { readonly problem: string };
}

/** Text, or what a text without quotes may be read as. */
const text = v.pipe(
  v.unknown(),
  v.transform((value) => (value instanceof GoNumber ? value.text : value)),
  v.string(),
);
const entry = v.looseObject({
  version: v.optional(text),
  digest: v.optional(text),
  urls: v.optional(v.array(text)),
});
const entries = v.nullish(v.array(v.unknown()), []);

/** What Helm takes for a version. Source: Masterminds/semver 3, version.go: a leading v, and missing parts. */
const versionForm =
  /^v?\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/u;
/** Characters about one chart: a thousand versions have two or three megabytes. */
const largestPart = 10 * 1024 * 1024;
/** Versions of one chart. */
const mostVersions = 10_000;
/**
 * What is parsed at once: characters, and values that it may have. The parser of YAML takes kilobytes for a value of two characters, and
 * nothing can stop it: with these, less than a hundred megabytes and a second.
 */
const largestParsed = 1024 * 1024;
const mostParsed = 20_000;
/** Lines of YAML, and values of JSON: a pod has to have the memory for them, with the 32 MiB that an index has at most. */
const mostLines = 1_500_000;
const mostValues = 1_000_000;
const mostCharts = 50_000;
/** It becomes a tag. */
const longestVersion = 128;

/**
 * Reads `index.yaml`, which may be JSON. Of YAML, only the parts about charts that are asked for are parsed, one version at a time: an index
 * has megabytes, and is not trusted. So an anchor holds for one version only.
 * @returns why it is none, if it is none
 */
export function readIndex(content: string): ChartIndex | { readonly problem: string } {
  const whole = content.replace(/^\ufeff/u, '');
  if (/^\s*\{/u.test(whole)) return jsonIndex(whole);
  if (hasMore(whole, /\n/gu, mostLines)) return { problem: `it has more than ${mostLines} lines` };
  const lines = whole.split(/\r?\n/u);
  const parts = partsOf(lines);
  if ('problem' in parts) return parts;
  return {
    names: [...parts.charts.keys()],
    versions: (name) => {
      const part = parts.charts.get(name);
      if (part === undefined) return undefined;
      const read = readPart(lines, part);
      return 'problem' in read ? { problem: `what it says of ${name} ${read.problem}` } : versionsOf(name, read.value);
    },
  };
}

/** The value of the key that names a chart. */
function readPart(lines: readonly string[], part: Part): { readonly value: unknown } | { readonly problem: string } {
  let size = 0;
  for (let at = part.from; at < part.to; at++) size += (lines[at]?.length ?? 0) + 1;
  if (size > largestPart) return { problem: `has more than ${largestPart} bytes` };
  const items = itemsOf(lines, part);
  if (items === undefined) {
    const read = parseLines(lines, part);
    if ('problem' in read) return read;
    return { value: v.is(v.looseObject({}), read.value) ? Object.values(read.value)[0] : undefined };
  }
  if (items.length > mostVersions) return { problem: `has more than ${mostVersions} versions` };
  const value: unknown[] = [];
  for (const item of items) {
    const read = parseLines(lines, item);
    if ('problem' in read) return read;
    // Only these three are kept.
    const [one] = v.is(v.array(v.unknown()), read.value) ? read.value : [];
    const kept = v.safeParse(entry, one);
    value.push(kept.success ? pickEntry(kept.output) : {});
  }
  return { value };
}

const pickEntry = ({ version, digest, urls }: v.InferOutput<typeof entry>) => ({
  ...(version === undefined ? {} : { version }),
  ...(digest === undefined ? {} : { digest }),
  ...(urls === undefined ? {} : { urls: urls.slice(0, 1) }),
});

/** The lines of each item of a list in block style; undefined if the value is anything else, or is indented oddly. */
function itemsOf(lines: readonly string[], { from, to }: Part): readonly Part[] | undefined {
  if (!/^[^:]*:\s*(?:#.*)?$/u.test(lines[from]?.slice(0, longestKey) ?? '')) return undefined;
  const starts: number[] = [];
  let indent: number | undefined;
  for (let at = from + 1; at < to; at++) {
    const line = lines[at] ?? '';
    if (!isContent(line)) continue;
    indent ??= indentOf(line);
    if (indentOf(line) > indent) continue;
    if (indentOf(line) < indent || !isItem(line)) return undefined;
    if (starts.push(at) > mostVersions) break;
  }
  return starts.map((start, index) => ({ from: start, to: starts[index + 1] ?? to }));
}

function parseLines(
  lines: readonly string[],
  { from, to }: Part,
): { readonly value: unknown } | { readonly problem: string } {
  const content = lines.slice(from, to).join('\n');
  const tooMuch = (what: string) => ({ problem: `has more than ${what} from line ${from + 1} on` });
  if (content.length > largestParsed) return tooMuch(`${largestParsed} bytes for one version`);
  if (hasMore(content, /[\n,[\]{}]|[:?-]\s/gu, mostParsed)) return tooMuch(`${mostParsed} values for one version`);
  const read = readYamlText(content, goScalar, mostParsed);
  if (!('problems' in read)) return read;
  const [{ line, what } = { line: 1, what: 'is not YAML' }] = read.problems;
  return { problem: `${what} (line ${from + line})` };
}

/** Whether an expression matches more often than that. */
function hasMore(text: string, expression: RegExp, most: number): boolean {
  let count = 0;
  for (const _ of text.matchAll(expression)) if (++count > most) return true;
  return false;
}

function versionsOf(name: string, value: unknown): readonly IndexedChart[] | { readonly problem: string } {
  const list = v.safeParse(entries, value);
  if (!list.success) return { problem: `what it says of ${name} is not a list` };
  if (list.output.length > mostVersions)
    return { problem: `what it says of ${name} has more than ${mostVersions} versions` };
  return list.output.flatMap((one) => {
    const read = v.safeParse(entry, one);
    const { version = '', digest, urls } = read.success ? read.output : {};
    if (version.length > longestVersion || !versionForm.test(version)) return [];
    return [{ version, url: urls?.[0], digest: digestOf(digest) }];
  });
}

/** Most tools write it without the name of the algorithm. */
function digestOf(digest: string | undefined): string | undefined {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{64})$/u.exec(digest?.toLowerCase() ?? '') ?? [];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

function jsonIndex(content: string): ChartIndex | { readonly problem: string } {
  if (hasMore(content, /[,[{]/gu, mostValues)) return { problem: `it is JSON with more than ${mostValues} values` };
  const { entries: charts } = parseJson(v.looseObject({ entries: v.unknown() }), content) ?? {};
  if (!isObject(charts)) return { problem: 'it is JSON without an object "entries", or is cut off' };
  return {
    names: Object.keys(charts),
    versions: (name) => (Object.hasOwn(charts, name) ? versionsOf(name, charts[name]) : undefined),
  };
}

/** A schema would copy all of it. */
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lines of the index: from the index of the first one, which names the chart, to that after the last. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** Characters of a line that names a chart: the expression for it takes long for long lines. */
const longestKey = 300;

const isContent = (line: string) => !/^\s*(?:#|$)/u.test(line);
const isItem = (line: string) => /^\s*-(?:\s|$)/u.test(line);
const indentOf = (line: string) => line.length - line.trimStart().length;

/**
 * The lines about each chart. In YAML, what belongs to a key is indented deeper, but for the items of a list, which may be as deep; that holds
 * for texts of several lines, too.
 */
function partsOf(
  lines: readonly string[],
): { readonly charts: ReadonlyMap<string, Part> } | { readonly problem: string } {
  const start = lines.findIndex((line) => /^(?:entries|"entries"|'entries')\s*:/u.test(line));
  if (start < 0) return { problem: 'it is no index of a Helm repository: it has no entries' };
  const inline = lines[start]?.replace(/^[^:]*:/u, '').trim() ?? '';
  if (inline !== '' && !inline.startsWith('#')) {
    return /^\{\s*\}/u.test(inline) ? { charts: new Map() } : { problem: 'its entries are not lines of their own' };
  }
  const first = lines.findIndex((line, index) => index > start && isContent(line));
  const indent = indentOf(lines[first] ?? '');
  const charts = new Map<string, Part>();
  if (first < 0 || indent === 0) return { charts };
  let open: { readonly name: string; readonly at: number } | undefined;
  const close = (end: number) => {
    if (open !== undefined) charts.set(open.name, { from: open.at, to: end });
  };
  let end = lines.length;
  for (let at = first; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (!isContent(line) || indentOf(line) > indent) continue;
    if (indentOf(line) < indent) {
      end = at;
      break;
    }
    if (isItem(line)) continue;
    close(at);
    const name = /^\s*(?:"([^"\\]*)"|'([^']*)'|([^\s"'&*!|>{}[\]#][^:]*?))\s*:(?:\s|$)/u
      .exec(line.slice(0, longestKey))
      ?.slice(1)
      .join('');
    if (name === undefined) return { problem: `line ${at + 1} is not about a chart` };
    if (charts.has(name)) return { problem: `line ${at + 1} is about ${name}, which is there twice` };
    if (charts.size === mostCharts) return { problem: `it has more than ${mostCharts} charts` };
    open = { name, at };
  }
  close(end);
  return { charts };
}
