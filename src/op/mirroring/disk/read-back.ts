import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../kit/files/sync-folder.js';
import { sha256 } from '../../systems/registry/client/content.js';
import { DiskFailure } from './disk-failure.js';
import type { DiskSegment } from './segment/chain.js';
import { checkFiles } from './segment/check-files.js';
import { segmentFile } from './segment/layout.js';
import { parseSegment } from './segment/segment.js';

/** Writes the entries of all folders to the disk. */
export async function syncFolders(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
  }
  await syncFolder(directory);
}

/** Reads a segment back that was just written. @throws DiskFailure when it is another one */
export async function readBack(
  directory: string,
  text: string,
  signal: AbortSignal,
  onRead: ((bytes: number) => void) | undefined,
): Promise<DiskSegment> {
  const bytes = await readFile(join(directory, segmentFile));
  const segment = parseSegment(bytes.toString('utf8'));
  if ('problem' in segment) throw new Error(`${segmentFile} was not made right: ${segment.problem}`);
  const found = { segment, digest: sha256(bytes), directory };
  const problems = [
    ...(bytes.toString('utf8') === text ? [] : [`${segmentFile}: it has other content`]),
    ...(await checkFiles(found, signal, onRead)),
  ];
  if (problems.length === 0) return found;
  throw new DiskFailure(
    `segment ${segment.sequence} is not what was written`,
    problems.slice(0, 10).join('\n'),
    'the disk is broken: use another one',
  );
}
