import { open } from 'node:fs/promises';

/** Writes the entries of a folder to the disk. Not every file system can. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
