import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { deadlineError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import { identityOf, isSame } from './process-identity.js';

const holder = v.object({ pid: v.number(), identity: v.string() });

/** How long another op may take, in milliseconds. */
const patience = 60_000;

/**
 * Runs `act` while no other op holds the lock. One that was left by an op that is gone does not count.
 * @throws OpError (deadline) when another one holds it for a minute
 */
export async function withLock<T>(context: Context, path: string, act: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const own = JSON.stringify({ pid: process.pid, identity: await identityOf(context, process.pid) });
  const until = Date.now() + patience;
  for (let said = false; !(await take(path, own)); ) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const other = v.safeParse(holder, parse(text));
    const gone = other.success ? !(await isSame(context, other.output)) : Date.now() > until - patience + 2000;
    if (text !== undefined && gone) {
      // Of two that see this, only one can rename it.
      const stale = `${path}.stale-${process.pid}`;
      await rename(path, stale).then(
        () => rm(stale),
        () => undefined,
      );
      continue;
    }
    if (Date.now() > until) throw held(path, other.success ? other.output.pid : undefined);
    if (!said) context.log.progress('waiting: another op is at work on this registry');
    said = true;
    await sleep(context, 100);
  }
  try {
    return await act();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, own: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(own);
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

const held = (path: string, pid: number | undefined) =>
  deadlineError({
    what: 'another op is at work on this registry',
    why: `${pid === undefined ? 'it' : `process ${pid}`} has held ${path} for ${patience / 1000} s`,
    hint: `end that op, then run this again`,
  });
