import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mapConcurrently, valuesOf } from '../../../kit/process/map-concurrently.js';

/** Which paths of a tree to copy. */
export interface Filter {
  /** Gets the path relative to the root; a directory ends with a slash. */
  readonly keeps: (path: string) => boolean;
  /** Whether to look for paths to keep in directories that are not kept. */
  readonly entersAll: boolean;
}

const everything: Filter = { keeps: () => true, entersAll: false };
const filesAtOnce = 16;

/**
 * Copies the contents of a directory into an existing directory. Symbolic links stay links and are never followed; files keep their
 * time, and the part of their mode that git keeps: whether they are executable. Other mode bits differ between a laptop's umask and a
 * volume in a pod, and would give different layers for the same files. Sockets are skipped.
 * @returns paths that cannot be copied: pipes and devices
 */
export async function copyTree(from: string, to: string, filter: Filter = everything): Promise<readonly string[]> {
  const skipped: string[] = [];
  const copyDirectory = async (path: string): Promise<void> => {
    const entries = await readdir(join(from, path), { withFileTypes: true });
    valuesOf(
      await mapConcurrently(entries, filesAtOnce, async (entry) => {
        const inner = join(path, entry.name);
        const [source, target] = [join(from, inner), join(to, inner)];
        if (entry.isDirectory()) {
          const kept = filter.keeps(`${inner}/`);
          if (kept) await makeDirectory(target);
          return kept || filter.entersAll ? copyDirectory(inner) : undefined;
        }
        if (!filter.keeps(inner) || entry.isSocket()) return;
        if (!entry.isSymbolicLink() && !entry.isFile()) return void skipped.push(inner);
        await makeDirectory(join(to, path));
        if (entry.isSymbolicLink()) return symlink(await readlink(source), target);
        const { mode, atime, mtime } = await lstat(source);
        await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
        await chmod(target, mode & 0o100 ? 0o755 : 0o644);
        await utimes(target, atime, mtime);
      }),
    );
  };
  const made = new Map<string, Promise<void>>([[to, Promise.resolve()]]);
  const makeDirectory = (path: string): Promise<void> => {
    const known = made.get(path);
    if (known !== undefined) return known;
    const making = makeDirectory(dirname(path))
      .then(() => mkdir(path))
      // Regardless of the umask, and of a setgid bit inherited from a volume.
      .then(() => chmod(path, 0o755));
    made.set(path, making);
    return making;
  };
  await copyDirectory('');
  return skipped;
}
