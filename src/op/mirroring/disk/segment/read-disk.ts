import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../../kit/errors/op-error.js';
import { checkFolders, openPlain } from '../../../kit/files/open-plain.js';
import { oneLine } from '../../../kit/log/printable.js';
import { mapConcurrently, valuesOf } from '../../../kit/process/map-concurrently.js';
import { sha256 } from '../../../systems/registry/client/content.js';
import type { DiskContent, DiskSegment } from './chain.js';
import { reasonOf } from './check-files.js';
import { segmentFile, segmentName, segmentsFolder } from './layout.js';
import { parseSegment } from './segment.js';

/** Bytes of the largest `segment.json`: some hundred for each image and blob. */
const largest = 256 * 1024 * 1024;

/** Reads what a disk has, of each segment only `segment.json`. @throws OpError (input) when the directory cannot be read */
export async function readDisk(disk: string): Promise<DiskContent> {
  const fail = (cause: NodeJS.ErrnoException) =>
    inputError({
      what: `cannot read the disk ${disk}`,
      why: cause.code === 'ENOENT' ? 'no such directory' : cause.message,
      hint: 'name the directory where the disk is mounted with --disk',
      cause,
    });
  await readdir(disk).catch((cause) => {
    throw fail(cause);
  });
  const names = await readdir(join(disk, segmentsFolder)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw fail(cause);
  });
  const numbers = names.filter((name) => /^\d{6}$/u.test(name) && Number(name) > 0).map(Number);
  const read = await mapConcurrently(numbers, 4, async (number) => [number, await readSegment(disk, number)] as const);
  return new Map(valuesOf(read));
}

async function readSegment(disk: string, sequence: number): Promise<DiskSegment | { readonly problem: string }> {
  const names = [segmentsFolder, segmentName(sequence)];
  const problem = (why: string) => ({ problem: `${[...names, segmentFile].join('/')}: ${oneLine(why, 300)}` });
  try {
    await checkFolders(disk, names);
    await using handle = await openPlain(disk, [...names, segmentFile]);
    const { size } = await handle.stat();
    if (size > largest) return problem(`it has ${size} bytes`);
    const bytes = await handle.readFile();
    const read = parseSegment(bytes.toString('utf8'));
    if ('problem' in read) return problem(read.problem);
    if (read.sequence !== sequence) return problem(`it is segment ${read.sequence}`);
    return { segment: read, digest: sha256(bytes), directory: join(disk, ...names) };
  } catch (error) {
    return problem(reasonOf(error));
  }
}
