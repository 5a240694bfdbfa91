import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { splitLines } from './split-lines.js';

async function linesOf(chunks: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  splitLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) {
    if (!stream.write(chunk)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'end');
  return lines;
}

it.each([
  ['in one chunk', ['a\nb\n'], ['a', 'b']],
  ['over chunks', ['a', 'b\nc', 'd', '\n', 'e'], ['ab', 'cd', 'e']],
  ['that end in a carriage return', ['10%\r20%\rdone\n'], ['10%', '20%', 'done']],
  ['whose end is cut in two', ['a\r', '\nb'], ['a', 'b']],
  ['that are empty', ['\n\na\n\n'], ['a']],
  ['with a letter that is cut in two', [Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])], ['ü']],
])('gives lines %s', async (_, chunks, lines) => expect(await linesOf(chunks)).toEqual(lines));

it('needs linear time for a line of many chunks', async () => {
  const chunk = 'x'.repeat(64 * 1024);
  const timeOf = async (count: number) => {
    const start = performance.now();
    const [line = ''] = await linesOf(Array.from({ length: count }, () => chunk));
    expect(line).toHaveLength(count * chunk.length);
    return performance.now() - start;
  };
  await timeOf(50);
  const [short, long] = [await timeOf(100), await timeOf(800)];
  // Quadratic, it would be 64 times as long.
  expect(long).toBeLessThan(Math.max(32 * short, 2000));
});
