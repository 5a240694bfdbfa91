/**
 * Colours, cursor movements and window titles: ECMA-48 control sequences and operating system commands. Node's stripVTControlCharacters
 * leaves the rest of a window title with a space in it.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/gu;
/** All other control characters save tab and newline, and those that turn the direction of text around. */
const controls = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text that came from elsewhere (a tool, a commit, a server) without what could command the reader's terminal. */
export const printable = (text: string): string =>
  text.replace(sequences, '').replace(/\r\n/gu, '\n').replace(controls, '');

/** The same on one line, shortened to `length` characters. */
export function oneLine(text: string, length = 100): string {
  const characters = [...printable(text.replace(/\s+/gu, ' ')).trim()];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : characters.join('');
}
