import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { openPlain } from '../../kit/files/open-plain.js';
import { type Descriptor, WrongContent } from '../../systems/registry/client/content.js';
import { onDisk } from './disk-failure.js';
import type { Room } from './segment/parts.js';

/** Bytes of files. @throws DiskFailure */
export const sizeOf = (disk: string, paths: readonly string[]): Promise<number> =>
  onDisk(disk, async () => {
    const found = await Promise.all(paths.map((path) => stat(path)));
    return found.reduce((sum, { size }) => sum + size, 0);
  });

/** Whether a file is a blob. */
export async function isBlob(path: string, { digest, size }: Descriptor): Promise<boolean> {
  const found = await stat(path);
  if (found.size !== size) return false;
  const hash = createHash('sha256');
  await using handle = await openPlain(path, []);
  for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 512 * 1024 }))
    hash.update(chunk);
  return `sha256:${hash.digest('hex')}` === digest;
}

/** Writes content into files of given sizes. @returns the SHA-256 of each */
export async function writeFiles(
  disk: string,
  content: Readable,
  paths: readonly string[],
  rooms: readonly Room[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  // It may fail before it is read from; reading it then gives the error.
  content.on('error', () => undefined);
  const chunks: AsyncIterator<Buffer> = content[Symbol.asyncIterator]();
  let rest: Buffer | undefined = Buffer.alloc(0);
  const digests: string[] = [];
  try {
    for (const [index, { size }] of rooms.entries()) {
      const hash = createHash('sha256');
      await using handle = await onDisk(disk, () => open(paths[index] ?? '', 'w'));
      for (let left = size; left > 0; ) {
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done) throw new WrongContent('it ends too early');
          rest = next.value;
        }
        signal.throwIfAborted();
        const part = rest.subarray(0, left);
        rest = rest.subarray(part.length);
        left -= part.length;
        hash.update(part);
        await onDisk(disk, () => handle.writeFile(part));
      }
      await onDisk(disk, () => handle.sync());
      digests.push(`sha256:${hash.digest('hex')}`);
    }
    // Whether it is the right content is known at its end.
    await chunks.next();
    return digests;
  } finally {
    content.destroy();
  }
}
