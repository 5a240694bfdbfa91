import { join, relative, resolve } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { within } from '../../op/kit/files/path.js';
import { type Held, hold, WalkError, walk } from './walk.js';

/**
 * The real path of a `subPath` of a volume. A symbolic link that a step left, or that is in a repository, does not lead out of it. The path
 * can lead elsewhere a moment later: what is mounted is opened with {@link openBelow}.
 * @param make whether a directory that is not there is made
 * @throws OpError (input) for a path outside of the volume, or that is not there
 */
export function below(volume: string, subPath: string, make: boolean): string {
  if (!within(volume, resolve(volume, subPath))) throw outside(subPath);
  using top = said(() => hold(volume), subPath);
  // `a/../b` is `b`, also where `a` is not there.
  const way = relative(volume, resolve(volume, subPath));
  const walked = () => walk(top, way, { links: 'leave', ...(make && { make: 'directory' }) });
  using found = said(walked, subPath);
  return join(top.top, ...found.names);
}

/**
 * Opens what `below` has found, as it is now: what runs at the same time may have put a link to another place of this machine there.
 * @throws OpError (input) for a link, or what is not there
 */
export function openBelow(volume: string, path: string): Held {
  using top = said(() => hold(volume), path);
  const way = relative(top.top, path);
  if (!within(top.top, path)) throw outside(way);
  return said(() => walk(top, way, { links: 'none' }), way);
}

function said(walked: () => Held, subPath: string): Held {
  try {
    return walked();
  } catch (error) {
    if (!(error instanceof WalkError)) throw error;
    if (error.stray === 'denied') throw notThere(subPath, error.message);
    throw error.stray === 'missing' || error.stray === 'no directory' ? notThere(subPath) : outside(subPath);
  }
}

const outside = (subPath: string) =>
  inputError({
    what: `the subPath ${subPath} leads out of its volume`,
    why: 'it contains .. or goes through a symbolic link',
    hint: 'name a path inside of the volume',
  });

const notThere = (subPath: string, why = 'there is no such directory') =>
  inputError({
    what: `the subPath ${subPath} is not in its volume`,
    why,
    hint: 'name a path that is there, or one that can be made',
  });
