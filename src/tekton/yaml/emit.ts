import { fitsBlock, scalar } from './scalar.js';

/** How the text starts. */
export interface YamlOptions {
  /** Lines that go before the first document, without the `#`. */
  readonly header?: string;
}

/**
 * Readable YAML for plain trees: fields in the given order, block scalars for text of several lines, and quotes
 * wherever a YAML 1.1 or a YAML 1.2 reader would read something else. Fields that are undefined are left out.
 * It is faster than a general emitter because there are no anchors, tags or styles to choose.
 *
 * @throws TypeError for what is not plain data: functions, class instances, symbols, NaN, infinities.
 * @example toYaml([toTask(clone), toPipeline(ci)], { header: 'octopipeline 0.1.0' })
 */
export function toYaml(documents: readonly object[] | object, options: YamlOptions = {}): string {
  const list: readonly unknown[] = Array.isArray(documents) ? documents : [documents];
  const header = options.header === undefined ? '' : `${options.header.split('\n').map(comment).join('\n')}\n`;
  return header + list.map(document).join('---\n');
}

function comment(line: string): string {
  return line === '' ? '#' : `# ${line}`;
}

function document(value: unknown): string {
  return after(value, '', true).replace(/^[ \n]/, '');
}

/** The text after a key or a dash, with the white space before it; `indent` is where its lines begin. */
function after(value: unknown, indent: string, ownLine: boolean): string {
  if (typeof value === 'string') return ` ${text(value, indent)}\n`;
  if (typeof value !== 'object' || value === null) return ` ${atom(value)}\n`;
  const lines = Array.isArray(value) ? list(value, indent) : map(value, indent);
  if (lines === '') return Array.isArray(value) ? ' []\n' : ' {}\n';
  return ownLine ? `\n${lines}` : ` ${lines.slice(indent.length)}`;
}

function list(items: readonly unknown[], indent: string): string {
  let lines = '';
  for (const item of items) lines += `${indent}-${after(item === undefined ? null : item, `${indent}  `, false)}`;
  return lines;
}

function map(value: object, indent: string): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`not plain data: ${String(value)}`);
  let lines = '';
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined) lines += `${indent}${scalar(key)}:${after(inner, `${indent}  `, true)}`;
  }
  return lines;
}

function text(value: string, indent: string): string {
  if (!fitsBlock(value)) return scalar(value);
  const newlines = /\n*$/.exec(value)?.[0].length ?? 0;
  const chomp = newlines === 0 ? '-' : newlines === 1 ? '' : '+';
  const body = newlines === 0 ? value : value.slice(0, -1);
  return `|${chomp}\n${body.replace(/^(?=.)/gm, indent)}`;
}

function atom(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  throw new TypeError(`not plain data: ${String(value)}`);
}
