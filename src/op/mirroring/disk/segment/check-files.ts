import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { NotPlain, openPlain } from '../../../kit/files/open-plain.js';
import { mapConcurrently, valuesOf } from '../../../kit/process/map-concurrently.js';
import type { DiskSegment } from './chain.js';
import { blobPath, layoutFiles } from './layout.js';
import type { SegmentBlob } from './segment.js';

/** Files that are read at once: a disk that turns is not faster with more. */
const atOnce = 2;

/**
 * Reads every file of a segment and compares it with what `segment.json` says.
 * @returns what is wrong, a line for each file; empty if nothing is
 */
export async function checkFiles(
  { segment, directory }: DiskSegment,
  signal: AbortSignal,
  onRead: (bytes: number) => void = () => undefined,
): Promise<readonly string[]> {
  const layout = layoutFiles(segment).map(({ path, text }) =>
    problemWith(directory, path, Buffer.byteLength(text), async (handle) =>
      (await handle.readFile('utf8')) === text ? undefined : 'it has other content than segment.json says',
    ),
  );
  const blobs = valuesOf(
    await mapConcurrently(segment.blobs, atOnce, (blob) => checkBlob(directory, blob, signal, onRead)),
  );
  return [...(await Promise.all(layout)), ...blobs.flat()].filter((problem) => problem !== undefined);
}

async function checkBlob(
  directory: string,
  { digest, files = [] }: SegmentBlob,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): Promise<readonly (string | undefined)[]> {
  const whole = createHash('sha256');
  const problems: (string | undefined)[] = [];
  for (const [index, file] of files.entries()) {
    const own = createHash('sha256');
    const check = async (handle: FileHandle) => {
      await hashInto(handle, [whole, own], signal, onRead);
      return digestIn(own) === file.digest ? undefined : 'its content is not what segment.json says';
    };
    problems.push(await problemWith(directory, blobPath(digest, files, index), file.size, check));
  }
  const isWrong = files.length > 1 && problems.every((one) => one === undefined) && digestIn(whole) !== digest;
  return isWrong ? [`the pieces of ${digest} are not this blob`] : problems;
}

const digestIn = (hash: Hash) => `sha256:${hash.digest('hex')}`;

async function hashInto(
  handle: FileHandle,
  hashes: readonly Hash[],
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): Promise<void> {
  for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 512 * 1024 })) {
    signal.throwIfAborted();
    for (const hash of hashes) hash.update(chunk);
    onRead(chunk.length);
  }
}

async function problemWith(
  directory: string,
  path: readonly string[],
  size: number,
  check: (handle: FileHandle) => Promise<string | undefined>,
): Promise<string | undefined> {
  const problem = async (): Promise<string | undefined> => {
    await using handle = await openPlain(directory, path);
    const found = (await handle.stat()).size;
    return found === size ? await check(handle) : `it has ${found} bytes instead of ${size}`;
  };
  const why = await problem().catch((error: unknown) => reasonOf(error));
  return why === undefined ? undefined : `${path.join('/')}: ${why}`;
}

/** Why a file cannot be used. @throws what is no matter of the file */
export function reasonOf(error: unknown): string {
  if (error instanceof NotPlain) return error.message;
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) throw error;
  return error.code === 'ENOENT' ? 'it is not there' : error.message;
}
