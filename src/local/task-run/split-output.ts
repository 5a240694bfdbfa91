import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A longer line arrives in pieces of this many characters, so that no output can fill the memory. */
const longest = 256 * 1024;

/**
 * Calls `onLine` for each line of a stream, as the logs of a pod have them: split at newlines only, empty lines too, and a last line
 * without a newline.
 * @param cut moves the place where a long line is cut to the left, so that nothing that must stay whole is cut
 */
export function splitOutput(
  stream: Readable,
  onLine: (line: string) => void,
  cut: (text: string, at: number) => number = (_, at) => at,
): void {
  const decoder = new StringDecoder('utf8');
  // The pieces of a line are joined once: a line of 10 MB comes in hundreds of them.
  let pieces: string[] = [];
  let length = 0;
  const take = (text: string) => {
    pieces.push(text);
    length += text.length;
    if (length < 2 * longest) return;
    let rest = pieces.join('');
    while (rest.length > longest) {
      const at = Math.max(1, cut(rest, longest));
      onLine(rest.slice(0, at));
      rest = rest.slice(at);
    }
    pieces = [rest];
    length = rest.length;
  };
  const endLine = () => {
    onLine(pieces.join('').replace(/\r$/u, ''));
    pieces = [];
    length = 0;
  };
  const read = (text: string) => {
    let from = 0;
    for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', from)) {
      take(text.slice(from, newline));
      endLine();
      from = newline + 1;
    }
    if (from < text.length) take(text.slice(from));
  };
  stream.on('data', (chunk: Buffer) => read(decoder.write(chunk)));
  stream.on('close', () => {
    read(decoder.end());
    if (length > 0) endLine();
  });
}
