import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { relative } from 'node:path';
import { within } from '../../op/kit/files/path.js';

/** As many as Linux follows. */
const mostLinks = 40;

/** Opens a place in the tree, and not what is there: that may be anything, and unreadable. Source: open(2); Node has no name for it. */
const O_PATH = 0o10000000;

/** Elsewhere there is no sandbox, and so nothing to keep anyone in: paths do. */
const withDescriptors = process.platform === 'linux';

/**
 * A file or directory that is held open: it stays the same one, whatever is renamed or put in its place meanwhile. What others can change is
 * reached through it, never by a path that was looked at before.
 */
export interface Held extends Disposable {
  /** `undefined` where this machine has no such descriptors. */
  readonly fd: number | undefined;
  /** A path that leads to it as long as it is held. */
  readonly here: string;
  readonly isDirectory: boolean;
  /** The names that led to it from the top, none of them a link. */
  readonly names: readonly string[];
  /** Where the top was when it was opened. */
  readonly top: string;
}

/** Opens a directory or file whose path nobody else can change. @throws WalkError if it is not there */
export function hold(path: string): Held {
  const real = tried(() => realpathSync(path), 'ENOENT') ?? missing();
  const opened = open(real) ?? missing();
  return held(opened, real, real, []);
}

/** Why a walk ends early. */
export type Stray = 'missing' | 'outside' | 'link' | 'circle' | 'no directory' | 'denied';

export class WalkError extends Error {
  readonly stray: Stray;
  constructor(stray: Stray, cause?: Error) {
    super(cause?.message ?? stray, { cause });
    this.stray = stray;
  }
}

export interface Walk {
  /** What is made at the end, and the directories on the way to it. Without it, nothing is made. */
  readonly make?: 'directory' | 'file';
  /** Rights of directories that are made. @default 0o777, less the umask */
  readonly mode?: number;
  /**
   * What links do. `leave`: they lead where they lead on this machine, but not out of the top. `stay`: as in a container whose root the top
   * is, where nothing leads out. `none`: there must be none.
   */
  readonly links: 'leave' | 'stay' | 'none';
}

/**
 * Goes from a directory to what is below it, name by name, each in the directory that is held: what others exchange for a link meanwhile is
 * found as a link, and leads nowhere else.
 * @throws WalkError
 */
export function walk(top: Held, path: string, { make, mode, links }: Walk): Held {
  const way: Held[] = [again(top)];
  try {
    const ahead = wordsOf(path);
    let followed = 0;
    for (let word = ahead.shift(); word !== undefined; word = ahead.shift()) {
      const at = way.at(-1) ?? top;
      if (!at.isDirectory) throw new WalkError('no directory');
      if (word === '..') {
        if (links === 'none' || (links === 'leave' && way.length === 1)) throw new WalkError('outside');
        if (way.length > 1) way.pop()?.[Symbol.dispose]();
        continue;
      }
      const next = enter(at, word, ahead.length > 0 && make !== undefined ? 'directory' : make, mode);
      if (typeof next !== 'string') {
        way.push(next);
        continue;
      }
      if (links === 'none') throw new WalkError('link');
      followed += 1;
      if (followed > mostLinks) throw new WalkError('circle');
      if (!next.startsWith('/')) ahead.unshift(...wordsOf(next));
      else {
        if (links === 'leave' && !within(top.top, next)) throw new WalkError('outside');
        ahead.unshift(...wordsOf(links === 'leave' ? relative(top.top, next) : next));
        for (const passed of way.splice(1)) passed[Symbol.dispose]();
      }
    }
    return way.pop() ?? again(top);
  } catch (error) {
    throw error instanceof Error && 'code' in error ? new WalkError('denied', error) : error;
  } finally {
    for (const passed of way) passed[Symbol.dispose]();
  }
}

/** What has a name in a directory; for a link, its target. @throws WalkError if nothing has it, or it was changed just now */
function enter(at: Held, name: string, make: Walk['make'], mode: number | undefined): Held | string {
  const path = `${at.here}/${name}`;
  if (make !== undefined && lookAt(path) === undefined) makeEntry(path, make, mode);
  const opened = open(path);
  if (opened === undefined) throw new WalkError('missing');
  if (!opened.stats.isSymbolicLink()) return held(opened, `${at.here}/${name}`, at.top, [...at.names, name]);
  if (opened.fd !== undefined) closeSync(opened.fd);
  return tried(() => readlinkSync(path), 'EINVAL') ?? missing();
}

function makeEntry(path: string, kind: 'directory' | 'file', mode: number | undefined): void {
  // Neither follows a link, or changes what somebody else has made there just now.
  if (kind === 'directory') tried(() => mkdirSync(path, { mode }), 'EEXIST');
  else tried(() => closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)), 'EEXIST');
}

const missing = (): never => {
  throw new WalkError('missing');
};

const lookAt = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

interface Opened {
  readonly fd: number | undefined;
  readonly stats: Stats;
}

function open(path: string): Opened | undefined {
  if (!withDescriptors) {
    const stats = lookAt(path);
    return stats && { fd: undefined, stats };
  }
  const fd = tried(() => openSync(path, O_PATH | constants.O_NOFOLLOW), 'ENOENT');
  return fd === undefined ? undefined : { fd, stats: fstatSync(fd) };
}

/** The same directory, held once more. */
function again(top: Held): Held {
  if (top.fd === undefined) return { ...top, [Symbol.dispose]: () => undefined };
  const fd = openSync(top.here, O_PATH);
  return held({ fd, stats: fstatSync(fd) }, top.here, top.top, top.names);
}

function held({ fd, stats }: Opened, path: string, top: string, names: readonly string[]): Held {
  return {
    ...{ fd, top, names },
    here: fd === undefined ? path : `/proc/self/fd/${fd}`,
    isDirectory: stats.isDirectory(),
    [Symbol.dispose]: () => void (fd !== undefined && closeSync(fd)),
  };
}

function tried<T>(act: () => T, but: string): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === but) return undefined;
    throw error;
  }
}

const wordsOf = (path: string) => path.split('/').filter((word) => word !== '' && word !== '.');
