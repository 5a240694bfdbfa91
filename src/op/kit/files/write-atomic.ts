import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file whole or not at all: a reader sees the old content or the new, even if the writer is killed. */
export async function writeAtomic(path: string, content: string, mode = 0o644): Promise<void> {
  // Not the process id: two pods that share a volume can have the same one.
  const temporary = `${path}.${randomBytes(6).toString('hex')}.partial`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, content, { mode, flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
