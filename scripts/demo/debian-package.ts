import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * Unpacks a Debian package into a new directory of `folder`, without installing it.
 * @returns the directory, or undefined where the package cannot be had
 */
export async function unpackPackage(name: string, folder: string): Promise<string | undefined> {
  const into = join(folder, 'package');
  try {
    await execa('apt-get', ['download', name], { cwd: folder });
    const [file = ''] = (await readdir(folder)).filter((entry) => entry.endsWith('.deb'));
    await mkdir(into);
    await execa('dpkg-deb', ['--extract', file, into], { cwd: folder });
    return into;
  } catch {
    return undefined;
  }
}

let known: Promise<readonly string[]> | undefined;

/** The names of packages that begin with `start`. A fresh container has no lists of packages: root fetches them. */
export async function packagesLike(start: string): Promise<readonly string[]> {
  known ??= listNames();
  return (await known).filter((name) => name.startsWith(start));
}

async function listNames(): Promise<readonly string[]> {
  const names = async () => {
    const { stdout = '' } = await execa('apt-cache', ['pkgnames'], { reject: false });
    return stdout.split('\n');
  };
  const first = await names();
  // Those that are installed are known without lists, bubblewrap's name only with them.
  if (first.includes('bubblewrap') || process.getuid?.() !== 0) return first;
  await execa('apt-get', ['update'], { reject: false });
  return names();
}
