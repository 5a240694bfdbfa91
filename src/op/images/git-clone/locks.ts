import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes the lock files that a killed git has left: `index.lock`, `shallow.lock`, those beside refs. */
export async function removeLocks(gitDirectory: string): Promise<void> {
  const top = await readdir(gitDirectory);
  const refs = await readdir(join(gitDirectory, 'refs'), { recursive: true }).catch(() => []);
  const locks = [...top, ...refs.map((name) => join('refs', name))].filter((name) => name.endsWith('.lock'));
  for (const name of locks) await rm(join(gitDirectory, name), { force: true });
}
