import { constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { within } from '../../op/kit/files/path.js';
import { isCompiled, readTrusted } from '../../op/kit/process/compiled.js';
import { podPaths } from '../task-run/pod-paths.js';

/**
 * A step may have mounts over the directory where op is: the run gets a copy of its one file, and of what V8 made of it. A copy is this
 * user's, so what somebody else has put there must not become one.
 */
async function kept(directory: string, op: readonly string[]): Promise<readonly string[]> {
  const file = op.at(-1) ?? '';
  if (!file.endsWith('.cjs')) return op;
  await copyFile(file, join(directory, 'op.cjs'), constants.COPYFILE_FICLONE);
  for (const name of (await readdir(dirname(file))).filter(isCompiled)) {
    const content = readTrusted(join(dirname(file), name), file);
    if (content !== undefined) await writeFile(join(directory, name), content, { mode: 0o644 });
  }
  return [...op.slice(0, -1), `${podPaths.programs}/op.cjs`];
}

/** How this very op is started: Node, its flags, and the file. */
export const thisOp = (): readonly string[] => [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

/**
 * Makes steps find what the octopipeline image has: `op` is this very op, and tools are those on PATH, then those that this project
 * built for itself.
 * @param writable directories that steps write to: programs there are not found, because op itself starts some, such as bwrap
 * @returns the PATH for steps
 */
export async function providePrograms(
  { env }: Pick<Context, 'env'>,
  directory: string,
  op: readonly string[],
  writable: readonly string[] = [],
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const words = (await kept(directory, op)).map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  for (const name of ['op', 'octopipeline']) {
    await writeFile(join(directory, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  }
  return [podPaths.programs, directory, ...outsideOf(writable, toolsPath({ env }))].join(delimiter);
}

function outsideOf(directories: readonly string[], path: string): readonly string[] {
  const tops = directories.map(realPath);
  return path.split(delimiter).filter((one) => !tops.some((top) => within(top, realPath(one))));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** PATH with the tools that this project built for itself; those of this machine come first. */
export function toolsPath({ env }: Pick<Context, 'env'>): string {
  const cache = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'octopipeline');
  const modules = existsSync(join(cache, 'go')) ? readdirSync(join(cache, 'go')) : [];
  const built = modules
    .toSorted()
    .reverse()
    .map((module) => join(cache, 'go', module, 'bin'));
  return [env.PATH ?? '', join(cache, 'bin'), ...built].filter(Boolean).join(delimiter);
}
