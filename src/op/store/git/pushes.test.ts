import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type GitRoom, startGitRoom } from '../../../../test/op/store/git-room.js';
import { expectNothingLost } from '../../../../test/op/store/rivals.js';
import { testContext } from '../../../../test/op/test-context.js';
import { Interrupted } from '../../kit/errors/op-error.js';

let git: GitRoom;
beforeAll(async () => {
  git = await startGitRoom();
});
afterEach(() => git.close());
afterAll(() => git?.stop());

/** A commit on top of the branch, as a shell script of a hook. */
const another = (message: string, tree = 'store^{tree}') =>
  `unset GIT_QUARANTINE_PATH; git update-ref refs/heads/store $(git -c user.name=x -c user.email=x commit-tree ${tree} -p store -m '${message}')`;

describe('processes that compete and are killed', () => {
  test('lose no write that was confirmed, and leave nothing behind', { timeout: 180_000 }, async () => {
    const { open, url } = await git.repository('killed.git');
    await expectNothingLost(await open(), { chosen: `git:${url}#store`, env: git.env, lives: 10, within: 800 });
    await git.close();
    // The last process has removed what was left by those that were killed; it needs /proc to tell who they were.
    if (process.platform === 'linux')
      expect((await readdir(git.room)).filter((name) => name.startsWith('op-git-'))).toEqual([]);
  });

  test('create each document once, and all of them', async () => {
    const { open, show } = await git.repository('creators.git');
    const stores = await Promise.all(Array.from({ length: 4 }, () => open()));
    const created = await Promise.all(
      stores.flatMap((store, by) => [store.create(`own/${by}`, { by }), store.create('shared', { by })]),
    );
    const names = created.flatMap((one) => (one === 'conflict' ? [] : [one.path])).toSorted();
    expect(names).toEqual(['own/0', 'own/1', 'own/2', 'own/3', 'shared']);
    const [store] = stores;
    expect((await store?.list(''))?.map(({ path }) => path)).toEqual(names);
    // The same change, to the letter, and in the same second.
    const same = await Promise.all(stores.map((one) => one.create('same', {})));
    expect(same.filter((one) => one !== 'conflict')).toHaveLength(1);
    expect(show('fsck', '--strict', '--no-dangling')).toBe('');
  });
});

describe('a push', () => {
  test('that another one overtakes is made again on its commit', async () => {
    const { open, show, hook } = await git.repository('overtaken.git');
    const store = await open();
    await store.create('a', { version: 1 });
    await hook('pre-receive', `[ -e moved ] || { touch moved; ${another('Somebody else')}; }`);
    expect(await store.create('b', { version: 1 })).not.toBe('conflict');
    expect(show('log', '--reverse', '--format=%s', 'store').split('\n')).toEqual([
      'Create a',
      'Somebody else',
      'Create b',
    ]);
  });

  test('that another one always overtakes ends with an error that says so', async () => {
    const { open, hook } = await git.repository('never.git');
    const store = await open(undefined, 3);
    await store.create('a', { version: 1 });
    await hook('pre-receive', another('Busy'));
    await expect(store.create('b', {})).rejects.toMatchObject({
      kind: 'tool',
      message: expect.stringContaining('could not be pushed to store of http://127.0.0.1'),
      why: 'another push came first in each of 3 attempts',
    });
  });

  test.each([
    ['', ''],
    [' and others pushed since', `${another('Somebody else')};`],
    [' and others changed the document since', `${another('Somebody else', '$(git mktree </dev/null)')};`],
  ])('whose answer is lost%s counts, and is not made twice', async (name, since) => {
    const { open, show, hook } = await git.repository(`lost${name.replaceAll(' ', '-')}.git`);
    const store = await open();
    await store.create('count', { count: 0 });
    // The server dies after it has taken the commit.
    await hook('post-receive', `[ -e lost ] || { touch lost; ${since} kill -9 $PPID; }`);
    const found = await store.get('count');
    if (found === undefined) return expect.unreachable();
    expect(await store.replace(found, { count: 1 })).toMatchObject({ body: { count: 1 } });
    expect(show('log', '--format=%s', 'store').match(/Change count/gu)).toHaveLength(1);
  });

  test('that a hook declines is an error with the words of the server', async () => {
    const { open, show, hook } = await git.repository('declined.git');
    const store = await open();
    await hook('pre-receive', 'echo "GH006: Protected branch update failed for store." >&2; exit 1');
    await expect(store.create('a', {})).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('GH006: Protected branch update failed for store.'),
      hint: expect.stringContaining('--store=git:URL#BRANCH'),
    });
    await expect(store.get('a')).resolves.toBeUndefined();
    await hook('pre-receive', 'exit 0');
    expect(await store.create('a', {})).not.toBe('conflict');
    expect(show('rev-list', '--count', 'store')).toBe('1');
  });

  test('that the server cannot make, though nobody came first, is an error with its reason', async () => {
    const { open, bare, show } = await git.repository('blocked.git');
    const store = await open(undefined, 3);
    const created = await store.create('a', {});
    if (created === 'conflict') return expect.unreachable();
    await writeFile(join(bare, 'refs/heads/store.lock'), '');
    await expect(store.replace(created, { b: 1 })).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('store.lock'),
    });
    show('branch', 'store-locks/x', 'store');
    const claim = { holder: 'ann', keep: false, wait: 1000 };
    await expect(store.hold('a', claim)).rejects.toMatchObject({
      why: expect.stringContaining('a branch whose name is a folder of this name'),
      hint: 'choose another name for the branch',
    });
  });

  test('ends when op is told to stop, and the lock that it may have taken is released', async () => {
    const { open, show, hook } = await git.repository('stopped.git');
    await hook('post-receive', '[ -e once ] || { touch once; sleep 2; }');
    const stop = new AbortController();
    const store = await open(testContext({ signal: stop.signal }).context);
    const held = store.hold('a', { holder: 'ann', keep: false, wait: 1000 });
    held.catch(() => undefined);
    while (show('branch', '--list', 'store-locks') === '') await wait(20);
    stop.abort(new Interrupted('SIGINT'));
    await expect(held).rejects.toThrow('stopped by SIGINT');
    expect(JSON.parse(show('show', 'store-locks:octopipeline/locks/a.json'))).toMatchObject({ holder: '' });
  });
});

describe('a server', () => {
  test('that wants credentials gets those of git, and nobody else sees them', async () => {
    const { open, url } = await git.repository('private/shop.git');
    const store = await open();
    await expect(store.create('a', {})).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('the server refused the credentials, or requires some'),
      hint: expect.stringContaining('~/.git-credentials'),
    });
    await writeFile(
      join(git.room, '.git-credentials'),
      `${new URL(url).origin.replace('://', '://robot:s3cret-pw@')}\n`,
    );
    await writeFile(join(git.room, '.gitconfig'), '[credential]\n\thelper = store\n');
    const { context, printed } = testContext();
    const again = await open({ ...context, debug: true, log: { ...context.log, debug: context.log.step } });
    expect(await again.create('a', {})).not.toBe('conflict');
    expect(printed.join('\n')).not.toContain('s3cret-pw');
    await writeFile(join(git.room, '.gitconfig'), '');
  });

  test.each([
    ['that does not have the repository', 'http://127.0.0.1:PORT/nothing.git', 'input', 'repository not found'],
    ['that is not there', 'http://127.0.0.1:1/x.git', 'tool', 'the server cannot be reached'],
  ])('%s is an error that says so, after a few seconds', async (_, url, kind, why) => {
    const repository = await git.repository(`${kind}.git`);
    await using store = await git.open(url.replace('PORT', new URL(repository.url).port));
    const failure = { kind, why: expect.stringContaining(why) };
    const began = Date.now();
    await expect(store.get('a')).rejects.toMatchObject(failure);
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});
