import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MirrorRequest } from '../../src/op/mirroring/options.js';
import type { Report } from '../../src/op/mirroring/report/reported.js';
import { createMirrorSandbox, type MirrorSandbox } from './mirror-sandbox.js';

/** Two sides that have only a disk in common. */
export interface DiskPair {
  readonly disk: string;
  readonly sender: MirrorSandbox;
  readonly receiver: MirrorSandbox;
  /** Writes the same mirror file on both sides. */
  readonly write: (file: string) => Promise<void>;
  readonly send: (parts?: Partial<MirrorRequest>) => Promise<Report>;
  readonly receive: (parts?: Partial<MirrorRequest>) => Promise<Report>;
  readonly remove: () => Promise<void>;
}

/** Creates them. */
export async function createDiskPair(): Promise<DiskPair> {
  const disk = await mkdtemp(join(tmpdir(), 'mirror-disk-'));
  const [sender, receiver] = await Promise.all([createMirrorSandbox(), createMirrorSandbox()]);
  return {
    disk,
    sender,
    receiver,
    write: async (file) => {
      await Promise.all([sender, receiver].map((side) => side.write('mirror.yaml', file)));
    },
    send: (parts) => sender.run({ workflow: 'to-disk', disk, ...parts }),
    receive: (parts) => receiver.run({ workflow: 'from-disk', disk, ...parts }),
    remove: async () => {
      await Promise.all([sender.remove(), receiver.remove(), rm(disk, { recursive: true, force: true })]);
    },
  };
}

/** The files of a folder and of those in it, with their sizes. */
export async function filesIn(folder: string): Promise<ReadonlyMap<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, (await stat(file)).size] as const)));
}

/** Bytes of all files of a folder. */
export const bytesIn = async (folder: string): Promise<number> =>
  [...(await filesIn(folder)).values()].reduce((sum, size) => sum + size, 0);

/** What `segment.json` says. */
export const segmentIn = async (disk: string, name: string) =>
  JSON.parse(await readFile(join(disk, 'segments', name, 'segment.json'), 'utf8'));
