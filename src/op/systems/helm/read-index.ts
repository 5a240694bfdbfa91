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
/** Characters about one chart: it is parsed, and a thousand versions have two million. */
const largestPart = 10 * 1024 * 1024;
/**
 * What becomes an object in memory, counted by the signs before a value: 250,000 in YAML take less than 200 MB, where a pod has 512. A line
 * `key: value` has two, and a version of a chart about a hundred.
 */
const most = { yaml: 250_000, json: 3_000_000, lines: 1_500_000 };
const yamlSigns = /[\n,[{]|[-?:]\s/gu;
const jsonSigns = /[,[{:]/gu;
function isMore(content: string, signs: RegExp, limit: number): boolean {
  const next = new RegExp(signs);
  for (let count = 0; next.test(content); count += 1) if (count === limit) return true;
  return false;
}
/** It becomes a tag. */
const longestVersion = 128;

/**
 * Reads `index.yaml`, which may be JSON. Only the parts about charts that are asked for are read as YAML: an index has megabytes, and is not
 * trusted.
 * @returns why it is none, if it is none
 */
export function readIndex(content: string): ChartIndex | { readonly problem: string } {
  const whole = content.replace(/^\ufeff/u, '');
  if (/^\s*\{/u.test(whole)) return jsonIndex(whole);
  if (isMore(whole, /\n/gu, most.lines)) return { problem: `it has more than ${most.lines} lines` };
  const parts = partsOf(whole);
  if ('problem' in parts) return parts;
  return {
    names: [...parts.charts.keys()],
    versions: (name) => {
      const part = parts.charts.get(name);
      if (part === undefined) return undefined;
      if (part.text.length > largestPart)
        return { problem: `what it says of ${name} has more than ${largestPart} bytes` };
      if (isMore(part.text, yamlSigns, most.yaml))
        return { problem: `what it says of ${name} has more than ${most.yaml} values` };
      const read = readYamlText(part.text, goScalar);
      if ('problems' in read) {
        const [{ line, what } = { line: 1, what: 'is not YAML' }] = read.problems;
        return { problem: `what it says of ${name} ${what} (line ${part.line + line - 1})` };
      }
      return versionsOf(name, v.is(v.looseObject({}), read.value) ? Object.values(read.value)[0] : undefined);
    },
  };
}

function versionsOf(name: string, value: unknown): readonly IndexedChart[] | { readonly problem: string } {
  const list = v.safeParse(entries, value);
  if (!list.success) return { problem: `what it says of ${name} is not a list` };
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
  if (isMore(content, jsonSigns, most.json)) return { problem: `it has more than ${most.json} values` };
  const read = parseJson(v.looseObject({ entries: v.record(v.string(), v.unknown()) }), content);
  if (read === undefined) return { problem: 'it is JSON without an object "entries", or is cut off' };
  return {
    names: Object.keys(read.entries),
    versions: (name) => (Object.hasOwn(read.entries, name) ? versionsOf(name, read.entries[name]) : undefined),
  };
}

interface Part {
  readonly text: string;
  /** Its first line in the index. */
  readonly line: number;
}

/** Characters of a line that names a chart: the expression for it takes long for long lines. */
const longestKey = 300;

const isContent = (line: string) => !/^\s*(?:#|$)/u.test(line);
const indentOf = (line: string) => line.length - line.trimStart().length;

/**
 * The lines about each chart. In YAML, what belongs to a key is indented deeper, but for the items of a list, which may be as deep; that holds
 * for texts of several lines, too.
 */
function partsOf(content: string): { readonly charts: ReadonlyMap<string, Part> } | { readonly problem: string } {
  const lines = content.split(/\r?\n/u);
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
    if (open !== undefined) charts.set(open.name, { text: lines.slice(open.at, end).join('\n'), line: open.at + 1 });
  };
  let end = lines.length;
  for (const [offset, line] of lines.slice(first).entries()) {
    const at = first + offset;
    if (!isContent(line) || indentOf(line) > indent) continue;
    if (indentOf(line) < indent) {
      end = at;
      break;
    }
    if (/^\s*-(?:\s|$)/u.test(line)) continue;
    close(at);
    const name = /^\s*(?:"([^"\\]*)"|'([^']*)'|([^\s"'&*!|>{}[\]#][^:]*?))\s*:(?:\s|$)/u
      .exec(line.slice(0, longestKey))
      ?.slice(1)
      .join('');
    if (name === undefined) return { problem: `line ${at + 1} is not about a chart` };
    if (charts.has(name)) return { problem: `line ${at + 1} is about ${name}, which is there twice` };
    open = { name, at };
  }
  close(end);
  return { charts };
}
