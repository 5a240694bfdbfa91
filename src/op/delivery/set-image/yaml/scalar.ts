import { parse, type Scalar } from 'yaml';
import type { Splice } from './documents.js';

/** The style of a scalar. */
export type Style = 'plain' | 'single' | 'double';

/** Writes a string as a YAML scalar on one line: in the given style if possible, else in double quotes. */
export function writeScalar(value: string, style: Style): string {
  if (style === 'plain' && isPlain(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for these
  if (style === 'single' && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/u.test(value)) {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return JSON.stringify(value);
}

/** Whether every YAML parser reads it as this string without quotes: Kubernetes uses YAML 1.1, where `1e3`, `on` and `0777` are not strings. */
function isPlain(value: string): boolean {
  if (!/^[A-Za-z0-9_./][\w./:@+-]*$/u.test(value) || value.endsWith(':') || value.startsWith('...')) return false;
  return (['1.1', '1.2'] as const).every((version) => parse(value, { version, logLevel: 'silent' }) === value);
}

/** The splice that sets a scalar to `value`, in the style that it already has. */
export function replaceScalar(text: string, node: Scalar, value: string, json: boolean): Splice {
  const [start, end] = node.range ?? [0, 0];
  const plain = json ? 'double' : 'plain';
  switch (node.type) {
    case 'QUOTE_DOUBLE':
      return { start, end, text: writeScalar(value, 'double') };
    case 'QUOTE_SINGLE':
      return { start, end, text: writeScalar(value, 'single') };
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return replaceBlock(text.slice(start, end), { start, old: String(node.value), value });
    default:
      // An empty value has no position of its own: the new one goes right after the ":" or "-", before any comment.
      if (start === end) {
        const after = text.slice(0, start).replace(/[ \t]+$/u, '').length;
        return { start: after, end: after, text: ` ${writeScalar(value, plain)}` };
      }
      return { start, end, text: writeScalar(value, plain) };
  }
}

/**
 * A block scalar keeps its style, comment and indentation, and the empty lines after it; it gets the indicator `-`, because an image
 * does not end in a line break. Source: YAML 1.2.2, section 8.1.
 */
function replaceBlock(source: string, { start, old, value }: { start: number; old: string; value: string }): Splice {
  const [, style = '|', indicators = '', rest = ''] = /^([|>])([-+0-9]*)([^\n]*(?:\n|$))/u.exec(source) ?? [];
  const lines = source.slice(style.length + indicators.length + rest.length).split(/(?<=\n)/u);
  const first = lines.find((line) => /\S/u.test(line));
  if (first === undefined) {
    return { start, end: start + style.length + indicators.length, text: writeScalar(value, 'plain') };
  }
  // With an indentation indicator, the text itself may start with spaces.
  const own = /^\n*( *)/u.exec(old)?.[1]?.length ?? 0;
  const indent = /^ */u.exec(first)?.[0].slice(own) ?? '';
  const last = lines.findLastIndex((line) => /\S/u.test(line));
  const after = lines
    .slice(last + 1)
    .filter((line) => line.trimEnd() === '' && line.search(/\r?\n|$/u) <= indent.length);
  const end = /\r?\n$/u.exec(lines[last] ?? '')?.[0] ?? '';
  return {
    start,
    end: start + source.length,
    text: `${style}${indicators.replace(/[-+]/gu, '')}-${rest}${indent}${value}${end}${after.join('')}`,
  };
}
