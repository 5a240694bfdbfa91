import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Calls `onLine` for each line of a stream, including a last line without a newline. Git's progress ends its lines with `\r`. */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  // Parts of a line without an end so far. Each chunk is looked at once: joined to all that came before, a long line takes quadratic time.
  let parts: string[] = [];
  const take = (text: string) => {
    const line = [...parts, text].join('');
    parts = [];
    if (line !== '') onLine(line);
  };
  stream.on('data', (chunk: Buffer) => {
    const pieces = decoder.write(chunk).split(/\r\n|\n|\r/u);
    const rest = pieces.pop() ?? '';
    for (const piece of pieces) take(piece);
    if (rest !== '') parts.push(rest);
  });
  stream.on('end', () => take(decoder.end()));
}
