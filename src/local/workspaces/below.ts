import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { within } from '../../op/kit/files/path.js';

/**
 * The real path of a `subPath` of a volume. A symbolic link that a step left, or that is in a repository, does not lead out of it.
 * @param make whether a directory that is not there is made
 * @throws OpError (input) for a path outside of the volume, or that is not there
 */
export async function below(volume: string, subPath: string, make: boolean): Promise<string> {
  const path = resolve(volume, subPath);
  if (!within(volume, path)) throw outside(subPath);
  const above = await nearest(path);
  // Before anything is made: a link above it may lead elsewhere.
  await realBelow(volume, above);
  if (make && above !== path) await mkdir(path, { recursive: true });
  return realBelow(volume, path);
}

/** The real path of what is in a volume. @throws OpError (input) if it is elsewhere, or not there */
export async function realBelow(volume: string, path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) throw notThere(relative(volume, path));
  if (!within(await realpath(volume), real)) throw outside(relative(volume, path));
  return real;
}

/** The path, or the nearest directory above it that is there. */
async function nearest(path: string): Promise<string> {
  return (await lstat(path).catch(() => undefined)) === undefined ? nearest(dirname(path)) : path;
}

const outside = (subPath: string) =>
  inputError({
    what: `the subPath ${subPath} leads out of its volume`,
    why: 'it contains .. or goes through a symbolic link',
    hint: 'name a path inside of the volume',
  });

const notThere = (subPath: string) =>
  inputError({
    what: `the subPath ${subPath} is not in its volume`,
    why: 'there is no such directory',
    hint: 'name a path that is there, or one that can be made',
  });
