import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseFile } from './documents.js';
import { formatPath, parsePath } from './path.js';
import { setValues } from './set-value.js';

/** Without the bias of fast-check to small numbers, which would choose the same few shapes. */
const uniform = (max: number) => fc.noBias(fc.nat({ max }));

/** Draws the random parts of a file, so that fast-check can shrink a failing one. */
function randomFrom(draw: fc.GeneratorValue) {
  const below = (count: number) => draw(uniform, count - 1);
  return {
    below,
    chance: (part: number) => below(100) < part * 100,
    pick: <T>(from: readonly T[]): T => {
      const [one] = from.slice(below(from.length));
      if (one === undefined) throw new Error('there is nothing to pick from');
      return one;
    },
  };
}
type Random = ReturnType<typeof randomFrom>;

/** A scalar in a YAML text, with its path and its range. */
interface Leaf {
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly end: number;
  readonly block: boolean;
}
interface Writer {
  text: string;
  readonly leaves: Leaf[];
}

const keys = [
  'image',
  'tag',
  'spec',
  'values',
  'x.io/y',
  'größe',
  'a b',
  '80',
  'true',
  'Name',
  'newTag',
  "it's",
  'q"q',
];
const texts = [
  'v1',
  'r.io/team/app:v1@sha256:abc',
  'two words',
  'on',
  '1.10',
  '',
  ' # no comment',
  'ünï',
  "it's",
  'a "b"',
  '{{ x }}',
  '- a',
  'null',
];

const comment = (random: Random) => (random.chance(0.25) ? random.pick(['  # why', ' # a: b', '\t# tab', '   ']) : '');
const keyText = (key: string, random: Random) =>
  /^[A-Za-z][\w]*$/u.test(key) && key !== 'true' && random.chance(0.8) ? key : JSON.stringify(key);

/** Writes a scalar after `key:` or `-`, up to the end of its line or lines. */
function writeLeaf(out: Writer, path: Leaf['path'], indent: number, random: Random): unknown {
  const value = random.pick(texts);
  out.text += ' '.repeat(1 + random.below(2));
  if (random.chance(0.1)) out.text += `&anchor${out.leaves.length} `;
  const start = out.text.length;
  const style = random.below(6);
  const add = (text: string, block: boolean, after = comment(random)) => {
    out.leaves.push({ path, start, end: start + text.length, block });
    out.text += `${text}${after}\n`;
  };
  const blockable = value !== '' && value.trim() === value;
  if (style === 0 && blockable) {
    const pad = ' '.repeat(indent + 1 + random.below(4));
    const header = `${random.pick(['|', '>'])}-${comment(random)}`;
    add(`${header}\n${pad}${value}\n${random.chance(0.4) ? '\n' : ''}`.slice(0, -1), true, '');
    return value;
  }
  if (style === 1) {
    const number = random.below(1000);
    add(String(number), false);
    return number;
  }
  if (style === 2) add(`'${value.replaceAll("'", "''")}'`, false);
  else if (style === 3 && /^[a-z][\w./:@]*$/u.test(value) && !['on', 'null'].includes(value)) add(value, false);
  else add(JSON.stringify(value), false);
  return value;
}

function writeFlow(out: Writer, path: Leaf['path'], random: Random): unknown {
  const whole: Record<string, unknown> = {};
  out.text += ' {';
  for (const [at, key] of ['a', 'b', 'c'].slice(0, 1 + random.below(3)).entries()) {
    const text = random.pick(['"v1"', "'v2'", 'v3', '7']);
    out.text += `${at === 0 ? '' : random.pick([', ', ',  '])}${key}: `;
    out.leaves.push({ path: [...path, key], start: out.text.length, end: out.text.length + text.length, block: false });
    out.text += text;
    whole[key] = text === '7' ? 7 : text.replace(/["']/gu, '');
  }
  out.text += `}${comment(random)}\n`;
  return whole;
}

function writeValue(out: Writer, path: Leaf['path'], indent: number, depth: number, random: Random): unknown {
  const kind = depth > 3 ? 0 : random.below(10);
  if (kind < 5) return writeLeaf(out, path, indent, random);
  if (kind === 5) return writeFlow(out, path, random);
  out.text += `${comment(random)}\n`;
  return kind < 8
    ? writeMap(out, path, indent + 1 + random.below(4), depth + 1, random)
    : writeList(out, path, indent + 1 + random.below(3), depth + 1, random);
}

function between(out: Writer, random: Random): void {
  // After a block scalar, a line that is indented further would be part of its text.
  const behindBlock = out.leaves.at(-1)?.block === true;
  const lines = ['\n', '# comment: {x\n', ...(behindBlock ? [] : ['  \n', '      # deep\n'])];
  if (random.chance(0.15)) out.text += random.pick(lines);
}

function writeMap(out: Writer, path: Leaf['path'], indent: number, depth: number, random: Random, first = ''): unknown {
  const whole: Record<string, unknown> = {};
  const names = keys.filter(() => random.chance(0.3));
  for (const [at, key] of (names.length === 0 ? ['image'] : names).entries()) {
    if (at > 0 || first === '') {
      between(out, random);
      out.text += ' '.repeat(indent);
    }
    out.text += `${keyText(key, random)}:`;
    whole[key] = writeValue(out, [...path, key], indent, depth, random);
  }
  return whole;
}

function writeList(out: Writer, path: Leaf['path'], indent: number, depth: number, random: Random): unknown {
  return Array.from({ length: 1 + random.below(3) }, (_, at) => {
    between(out, random);
    out.text += `${' '.repeat(indent)}-`;
    if (depth > 3 || random.chance(0.5)) return writeLeaf(out, [...path, at], indent, random);
    const gap = 1 + random.below(3);
    out.text += ' '.repeat(gap);
    return writeMap(out, [...path, at], indent + 1 + gap, depth + 1, random, 'on the line of the dash');
  });
}

/** A file of random documents. */
function makeFile(random: Random) {
  const out: Writer = { text: random.chance(0.2) ? '\ufeff' : '', leaves: [] };
  const documents: unknown[] = [];
  const leavesOf: Leaf[][] = [];
  const count = 1 + random.below(3);
  for (let at = 0; at < count; at++) {
    if (at > 0 || random.chance(0.3)) out.text += random.pick(['---\n', '--- # next\n']);
    const before = out.leaves.length;
    documents.push(writeMap(out, [], 0, 0, random));
    leavesOf.push(out.leaves.slice(before));
    if (random.chance(0.2)) out.text += '# the end\n';
  }
  return { text: out.text, documents, leavesOf };
}

function expectedAfter(documents: readonly unknown[], document: number, path: Leaf['path'], value: string): unknown {
  const copy = structuredClone(documents) as Record<string | number, unknown>[];
  let at = copy[document] as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}

const meaning = (text: string) => parseAllDocuments(text).map((document) => document.toJS());
const values = ['r.io/team/app:v2@sha256:def', 'v2', '1.20', 'off', '0x10', '2024-01-01', '12e3', 'sha256:00ff'];

it('changes the bytes of one value in any file, and nothing else', () => {
  fc.assert(
    fc.property(fc.gen(), (draw) => checkFile(randomFrom(draw))),
    { numRuns: 200 },
  );
}, 120_000);

/** Sets one value in each document of a random file. */
function checkFile(random: Random): void {
  const { text: unix, documents, leavesOf } = makeFile(random);
  expect(meaning(unix)).toEqual(documents);
  const windows = random.chance(0.3);
  const text = windows ? unix.replaceAll('\n', '\r\n') : unix;
  for (const [document, leaves] of leavesOf.entries()) {
    const leaf = random.pick(leaves);
    const value = random.pick(values);
    const path = parsePath(`${document}#${formatPath(leaf.path)}`);
    const { file } = setValues(parseFile('random.yaml', text), [{ path, value }]);
    const native = (part: string) => (windows ? part.replaceAll('\n', '\r\n') : part);
    const [before, after] = [native(unix.slice(0, leaf.start)), native(unix.slice(leaf.end))];
    expect(file.text.startsWith(before)).toBe(true);
    expect(file.text.endsWith(after)).toBe(true);
    const middle = file.text.slice(before.length, file.text.length - after.length);
    if (!leaf.block) expect([value, `"${value}"`, `'${value}'`]).toContain(middle);
    else expect(middle.split(/\r?\n/u)[0]).toBe(unix.slice(leaf.start, leaf.end).split('\n')[0]);
    expect(meaning(file.text)).toEqual(expectedAfter(documents, document, leaf.path, value));
    expect(setValues(file, [{ path, value }]).file).toBe(file);
  }
}
