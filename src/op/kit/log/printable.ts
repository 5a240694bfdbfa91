/**
 * Colours, cursor movements and window titles: ECMA-48 control sequences and operating system commands. Node's stripVTControlCharacters
 * leaves part of a window title that contains a space.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it removes control characters
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/gu;
/** All other control characters except tab and newline, other line breaks, and what changes the direction of text. */
const controls = /(?![\t\n])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** Everything that some program shows as a line break. */
const breaks = /[\n\r\v\f\u0085\u2028\u2029]/u;

/** Text from elsewhere (a tool, a commit, a server), without the characters that could control the reader's terminal. */
export const printable = (text: string): string =>
  text.replace(sequences, '').replace(/\r\n/gu, '\n').replace(controls, '');

/** The same for lines that a program meant for a terminal: with its colours, which end with the line, and as far as it rewrote the line. */
export function coloured(line: string): string {
  let end = line.length;
  while (line.charAt(end - 1) === '\r') end -= 1;
  const shown = line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
  const parts = shown.split(/(\u001b\[[\d;:]*m)/u).map((part, index) => (index % 2 === 1 ? part : printable(part)));
  return parts.length === 1 ? parts.join('') : `${parts.join('')}\u001b[0m`;
}

/** A value in a line or a cell: without line breaks, so that it cannot look like a line of op's own. */
export const inLine = (text: string): string =>
  text.trimEnd().replace(/[\s\u0085]+/gu, (spaces) => (breaks.test(spaces) ? ' ' : spaces));

/** The same on one line, shortened to `length` characters. */
export function oneLine(text: string, length = 100): string {
  const characters = [...printable(text.replace(/\s+/gu, ' ')).trim()];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : characters.join('');
}
