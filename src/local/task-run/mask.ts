import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoundWorkspace } from '../contract.js';

/** Hides secret values in one line of output. */
export interface Mask {
  readonly hide: (line: string) => string;
  /** Where a line may be cut at or before `at`, so that no value is in two pieces. */
  readonly cut: (text: string, at: number) => number;
}

/** Shorter values are in ordinary output by chance. */
const shortest = 4;

/** Larger files are no passwords, and a search for thousands of lines would slow the output down. */
const largest = 64 * 1024;

/** Hides every line of these values. */
export function createMask(values: readonly string[]): Mask {
  const lines = [...new Set(values.flatMap((value) => value.split(/\r?\n/u)).map((line) => line.trim()))]
    .filter((line) => line.length >= shortest)
    .toSorted((a, b) => b.length - a.length);
  const longest = lines[0]?.length ?? 0;
  return {
    hide: (text) => lines.reduce((hidden, line) => hidden.replaceAll(line, '***'), text),
    cut: (text, at) => {
      let place = at;
      for (const line of lines) {
        const found = text.slice(0, at + longest).indexOf(line, Math.max(0, at - line.length + 1));
        if (found !== -1 && found < at) place = Math.min(place, found);
      }
      return place > 0 ? place : at;
    },
  };
}

/** The values in bound Secrets: each file is one. */
export async function secretValues(
  bound: readonly Pick<BoundWorkspace, 'directory' | 'secret'>[],
): Promise<readonly string[]> {
  const values: string[] = [];
  for (const { directory, secret } of bound) {
    if (!secret) continue;
    for (const entry of await entriesOf(directory)) {
      const file = join(entry.parentPath, entry.name);
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile() || found.size > largest) continue;
      values.push(await readFile(file, 'utf8').catch(() => ''));
    }
  }
  return values;
}

const entriesOf = (directory: string): Promise<Dirent[]> =>
  readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
