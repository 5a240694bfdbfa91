/** Finds or makes the base layer: from the work directory when the locked packages were packed before, else from Debian's archive. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseKey, baseRecipe } from './base-files.js';
import { type DebianPackage, extract } from './debian.js';
import { cached, type Layer, layer } from './layer.js';

export interface Base {
  readonly layer: Layer;
  readonly packages: readonly DebianPackage[];
}

/** How long an answer of the archive is believed: within it, a rebuild after a change of op asks nobody. */
const believed = 24 * 60 * 60 * 1000;

/**
 * @param locked packages of the lock, if any
 * @param fresh ask the archive in any case (renewing the lock)
 * @param now the time, milliseconds since 1970
 */
export async function base(
  work: string,
  locked: readonly DebianPackage[] | undefined,
  fresh: boolean,
  now: number,
): Promise<Base> {
  const answerFile = join(work, 'debian-packages.json');
  if (!fresh) {
    const answer = await readAnswer(answerFile);
    for (const packages of [locked, answer !== undefined && now - answer.at < believed ? answer.packages : undefined]) {
      const found = packages && (await cached(work, 'base', await baseKey(packages)));
      if (packages && found) return { layer: found, packages };
    }
  }
  const tree = join(work, 'debian');
  await mkdir(work, { recursive: true });
  const packages = await extract(tree);
  const made = await layer(work, baseRecipe(await baseKey(packages), tree));
  await rm(tree, { recursive: true, force: true });
  await writeFile(answerFile, JSON.stringify({ at: now, packages }));
  return { layer: made, packages };
}

async function readAnswer(file: string): Promise<{ at: number; packages: readonly DebianPackage[] } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
