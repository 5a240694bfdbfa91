import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { namespaceName, startTime } from '../../kit/process/owner.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import { type Turn, takeTurn } from './take-turn.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirror-turn-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const lockPath = 'locks/octopipeline.mirror.site';
interface Asked {
  readonly wait?: number;
  readonly holder?: string;
  readonly name?: string;
  readonly directory?: string;
  readonly store?: string;
}
const take = (more: Asked = {}) => {
  const { name = 'site', ...request } = more;
  const { context, printed } = testContext({ env: { USER: 'ann' }, cwd: directory });
  const turn = takeTurn(context, { name, history: 30 }, { directory: 'mirror', ...request });
  return { turn, printed };
};
const end = (turn: Turn) => turn[Symbol.asyncDispose]();

describe('the lock of a mirror', () => {
  it('refuses a second run at once, and says who holds it since when', async () => {
    const before = new Date();
    await using first = await take().turn;
    const error = await take().turn.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(
        /^lock octopipeline\.mirror\.site in the directory .*mirror\/store is held by ann@/u,
      ),
      hint: expect.stringContaining('--wait'),
    });
    const [, since = ''] = /since (\S+),/u.exec(error instanceof Error && 'why' in error ? `${error.why}` : '') ?? [];
    expect(Math.abs(new Date(since).getTime() - before.getTime())).toBeLessThan(60_000);
    first.succeeded();
  });

  it('is free again when the run has ended, whether or not that succeeded', async () => {
    const first = await take().turn;
    first.succeeded();
    await end(first);
    await end(await take().turn);
    await end(await take().turn);
  });

  it('is waited for with --wait, and then in time or not', async () => {
    const first = await take().turn;
    await expect(take({ wait: 300 }).turn).rejects.toMatchObject({
      kind: 'deadline',
      hint: expect.stringContaining('increase --wait'),
    });
    const second = take({ wait: 30_000 });
    while (!second.printed.join('\n').includes('waiting')) await wait(20);
    await end(first);
    await end(await second.turn);
  });

  it('does not keep mirrors of other names waiting', async () => {
    await using first = await take().turn;
    await using other = await take({ name: 'other', directory: 'other' }).turn;
    first.succeeded();
    other.succeeded();
  });

  it('is one for all directories of a store, and one directory is for one mirror at a time', async () => {
    const store = 'directory:shared';
    await using first = await take({ store }).turn;
    await expect(take({ store, directory: 'elsewhere' }).turn).rejects.toThrow('octopipeline.mirror.site');
    await expect(take({ store, name: 'other' }).turn).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('octopipeline.mirror-directory'),
      hint: expect.stringContaining('a --directory of its own'),
    });
    await end(await take({ store, name: 'other', directory: 'elsewhere' }).turn);
    first.succeeded();
  });

  it('stops the work when it is lost', async () => {
    await using turn = await take().turn;
    const store = await openDirectoryStore(testContext().context, join(directory, 'mirror/store'));
    const found = await store.get(lockPath);
    if (found === undefined) return expect.fail('there is no lock');
    await store.replace(found, { ...found.body, holder: 'bob' });
    while (!turn.context.signal.aborted) await wait(20);
    expect(turn.context.signal.reason).toMatchObject({ kind: 'tool', why: 'bob holds it now' });
    expect(() => turn.succeeded()).toThrow('was lost');
  });

  it('is taken over at once from a process of this machine that was killed', async () => {
    const [namespace, start] = [await namespaceName(), await startTime(`${process.pid}`)];
    const killed = `bob@here/${namespace}-${process.pid}-1-00aa11`;
    const alive = `bob@here/${namespace}-${process.pid}-${start}-00aa11`;
    const left = await take({ holder: killed }).turn;
    await end(await take().turn);
    await end(left);
    await using working = await take({ holder: alive }).turn;
    await expect(take().turn).rejects.toThrow(`held by bob@here (process ${process.pid})`);
    working.succeeded();
  });

  it('has a holder that can be named', async () => {
    await expect(take({ holder: 'me and you' }).turn).rejects.toMatchObject({ kind: 'input' });
    await using turn = await take({ holder: 'pipelinerun/ci/mirror-x7/uid' }).turn;
    await expect(take().turn).rejects.toThrow('held by PipelineRun ci/mirror-x7');
    turn.succeeded();
  });

  it('cannot be taken where the store cannot be written', async () => {
    const { context } = testContext({ cwd: directory });
    await writeFile(join(directory, 'file'), '');
    const request = { directory: 'mirror', store: 'directory:file/store' };
    await expect(takeTurn(context, { name: 'site', history: 30 }, request)).rejects.toMatchObject({ kind: 'tool' });
  });
});
