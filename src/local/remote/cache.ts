import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Context } from '../../op/context.js';
import { writeAtomic } from '../../op/kit/files/write-atomic.js';

/** What was fetched before: texts by what names them, such as a URL, a commit and a path. */
export interface Cache {
  readonly get: (key: readonly string[]) => Promise<Cached | undefined>;
  readonly put: (key: readonly string[], text: string) => Promise<void>;
}

export interface Cached {
  readonly text: string;
  /** When it was fetched, as in `2026-11-27`. */
  readonly day: string;
}

/** The cache of this user. Source of the place: XDG Base Directory Specification, which ignores relative paths. */
export function openCache({ env, now }: Pick<Context, 'env' | 'now'>): Cache {
  const given = env.XDG_CACHE_HOME ?? '';
  const root = join(isAbsolute(given) ? given : join(env.HOME || homedir(), '.cache'), 'octopipeline', 'fetched');
  const fileOf = (key: readonly string[]) =>
    join(root, `${createHash('sha256').update(JSON.stringify(key)).digest('hex')}.json`);
  return {
    get: async (key) => parse(await readFile(fileOf(key), 'utf8').catch(() => ''), key),
    put: (key, text) =>
      writeAtomic(fileOf(key), `${JSON.stringify({ key, text, day: now().toISOString().slice(0, 10) })}\n`, 0o600),
  };
}

/** A file that is not as it was written is as good as none. */
function parse(content: string, key: readonly string[]): Cached | undefined {
  try {
    const value: Partial<Record<'key' | 'text' | 'day', unknown>> = JSON.parse(content);
    const { text, day } = value;
    if (JSON.stringify(value.key) !== JSON.stringify(key)) return undefined;
    return typeof text === 'string' && typeof day === 'string' ? { text, day } : undefined;
  } catch {
    return undefined;
  }
}
