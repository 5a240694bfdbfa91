/** Finds or builds the base layer of an image: from the work directory when the locked packages are already packed, otherwise from Debian's archive. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseKey, baseRecipe } from './base-files.js';
import { type DebianPackage, extract } from './debian.js';
import type { Image } from './image.js';
import { cached, type Layer, layer } from './layer.js';

export interface Base {
  readonly layer: Layer;
  readonly packages: readonly DebianPackage[];
}

/** How long an answer of the archive is trusted: within that time, a rebuild after a change of op does not ask again. */
const believed = 24 * 60 * 60 * 1000;

/** Which packages a base layer may contain. */
export interface Sources {
  /** Packages of the lock, if any. */
  readonly locked: readonly DebianPackage[] | undefined;
  /** Always ask the archive (to renew the lock). */
  readonly fresh: boolean;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

export async function base(work: string, image: Image, { locked, fresh, now }: Sources): Promise<Base> {
  const answerFile = join(work, `debian-packages-${image.name}.json`);
  if (!fresh) {
    const answer = await readAnswer(answerFile);
    for (const packages of [locked, answer !== undefined && now - answer.at < believed ? answer.packages : undefined]) {
      const found = packages && (await cached(work, 'base', await baseKey(packages, image)));
      if (packages && found) return { layer: found, packages };
    }
  }
  const tree = join(work, 'debian');
  await mkdir(work, { recursive: true });
  const packages = await extract(tree, image.packages);
  const made = await layer(work, await baseRecipe(packages, image, tree));
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
