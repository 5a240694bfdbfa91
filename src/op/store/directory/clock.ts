import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { makeFolder } from './folders.js';
import { newFolder, revisionsFolder } from './revisions.js';

/** Milliseconds: a file system may keep whole seconds, and writing takes time. */
const unnoticed = 1500;

/**
 * How far the clock of the file system is ahead of this machine's, in milliseconds. Over the network it is the clock of the server: the one
 * that all machines with this directory share.
 */
export async function aheadOf({ now }: Context, root: string): Promise<number> {
  const file = join(await makeFolder(root, [revisionsFolder, newFolder]), randomBytes(12).toString('hex'));
  try {
    await writeFile(file, '', { flag: 'wx' });
    const ahead = (await stat(file)).mtimeMs - now().getTime();
    return Math.abs(ahead) < unnoticed ? 0 : ahead;
  } finally {
    await rm(file, { force: true });
  }
}
