import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

/** Archives of one run, beside each other. */
export interface Archives {
  readonly directory: string;
  readonly names: readonly string[];
  readonly bytes: number;
}

/** Where archives of earlier runs are, in a directory for each. */
const kept = 'archives';
/** Is there while oc-mirror writes: what it leaves behind is no whole archive. */
const marker = '.archives-are-being-written';

/** The archives that oc-mirror has written into a directory. Source of the names: oc-mirror, `RemovePastArchives`. */
export async function archivesIn(directory: string): Promise<Archives> {
  const all = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw inputError({
      what: `cannot read ${directory}`,
      why: cause.message,
      hint: 'check the directory and its rights',
      cause,
    });
  });
  const names = all.filter((name) => /^mirror_.*\.tar$/u.test(name)).toSorted();
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return { directory, names, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** What a directory had before a run, and where it is now. */
export interface SetAside {
  readonly archives: Archives;
  /** They are of a run that was stopped while it wrote them. */
  readonly isPartial: boolean;
}

/**
 * Moves the archives of an earlier run into a directory of their own: oc-mirror deletes them when it starts, also for a dry run, and also
 * when it then fails.
 */
export async function setAside(directory: string, partial = false): Promise<SetAside | undefined> {
  const found = await archivesIn(directory);
  const [first] = found.names;
  const isPartial = partial || (await stat(join(directory, marker)).catch(() => undefined)) !== undefined;
  if (first === undefined) return undefined;
  const written = (await stat(join(directory, first))).mtime.toISOString();
  const stamp = written.slice(0, 19).replaceAll(/[-:]/gu, '');
  const target = await newDirectory(join(directory, kept), `${stamp}Z${isPartial ? '-incomplete' : ''}`);
  for (const name of found.names) await rename(join(directory, name), join(target, name));
  return { archives: { ...found, directory: target }, isPartial };
}

/** Undoes {@link setAside}. */
export async function bringBack({ archives }: SetAside, directory: string): Promise<void> {
  for (const name of archives.names) await rename(join(archives.directory, name), join(directory, name));
  await rm(archives.directory, { recursive: true });
}

/** Notes that archives are being written, until {@link writingEnded}. */
export async function writingBegins(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, marker), '');
}

export const writingEnded = (directory: string): Promise<void> => rm(join(directory, marker), { force: true });

/** A directory that was not there. */
async function newDirectory(parent: string, name: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (let count = 1; ; count++) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`);
    const made = await mkdir(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (made) return path;
  }
}
