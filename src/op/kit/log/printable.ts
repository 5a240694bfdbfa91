/**
 * Colours, cursor movements and window titles: ECMA-48 control sequences and operating system commands. Node's stripVTControlCharacters
 * leaves part of a window title that contains a space.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it removes control characters
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/gu;
/** All other control characters except tab and newline, and those that change the direction of text. */
const controls = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from elsewhere (a tool, a commit, a server), without the characters that could control the reader's terminal. */
export const printable = (text: string): string =>
  text.replace(sequences, '').replace(/\r\n/gu, '\n').replace(controls, '');

/** The same on one line, shortened to `length` characters. */
export function oneLine(text: string, length = 100): string {
  const characters = [...printable(text.replace(/\s+/gu, ' ')).trim()];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : characters.join('');
}
