import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../../src/op/context.js';
import type { Store } from '../../../src/op/store/documents/store.js';
import { openGitStore } from '../../../src/op/store/git/git.js';
import { parseGitUrl } from '../../../src/op/systems/git/url.js';
import { type HostedRepository, startGitHost } from '../git-host.js';
import { testContext } from '../test-context.js';

/** A repository with stores in it, on a real server. */
export interface StoreRepository extends HostedRepository {
  /** Opens the store in the branch `store`: each is another user of the same documents. */
  readonly open: (context?: Context, attempts?: number) => Promise<Store>;
  /** Runs git in the bare repository, without the line break at the end. */
  readonly show: (...args: string[]) => string;
  /** Commits files to the branch `store` and pushes, as a person does. */
  readonly person: (message: string, files: Readonly<Record<string, string>>) => Promise<void>;
  /** Installs a hook on the server. */
  readonly hook: (name: string, script: string) => Promise<void>;
}

/** A Git server, and a directory for all that the stores need. */
export async function startGitRoom() {
  const room = await mkdtemp(join(tmpdir(), 'store-test-'));
  const host = await startGitHost({ 'http.receivepack': 'true' });
  const env = { PATH: process.env.PATH, HOME: room, TMPDIR: room };
  const opened: Store[] = [];
  const open = async (url: string, context = testContext().context, attempts = 20): Promise<Store> => {
    const place = { url: parseGitUrl(url), branch: 'store' };
    const store = await openGitStore({ ...context, env }, place, { pollEvery: 200, attempts });
    return store;
  };
  /** Closes the stores that repositories have opened. */
  const close = async () => {
    await Promise.all(opened.splice(0).map((store) => store[Symbol.asyncDispose]()));
  };
  return {
    room,
    env,
    open,
    close,
    repository: async (path: string): Promise<StoreRepository> => {
      const repository = await host.repository(path);
      const { bare, git, url, workingCopy } = repository;
      const show = (...args: string[]) => execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' }).trimEnd();
      return {
        ...repository,
        open: async (context, attempts) => {
          const store = await open(url, context, attempts);
          opened.push(store);
          return store;
        },
        show,
        person: async (message, files) => {
          if (show('branch', '--list', 'store') === '') git('checkout', '--quiet', '-B', 'store');
          else {
            git('fetch', '--quiet', 'origin', 'store');
            git('checkout', '--quiet', '-B', 'store', 'FETCH_HEAD');
          }
          for (const [name, content] of Object.entries(files)) {
            await mkdir(join(workingCopy, name, '..'), { recursive: true });
            await writeFile(join(workingCopy, name), content);
          }
          git('add', '--all');
          git('commit', '--quiet', '--message', message);
          git('push', '--quiet', 'origin', 'store');
        },
        hook: async (name, script) => {
          await mkdir(join(bare, 'hooks'), { recursive: true });
          await writeFile(join(bare, 'hooks', name), `#!/bin/sh\n${script}\n`);
          await chmod(join(bare, 'hooks', name), 0o755);
        },
      };
    },
    stop: async () => {
      await close();
      await host.stop();
      await rm(room, { recursive: true, force: true });
    },
  };
}

export type GitRoom = Awaited<ReturnType<typeof startGitRoom>>;
