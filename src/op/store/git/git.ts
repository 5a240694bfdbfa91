import { join } from 'node:path';
import type { Context } from '../../context.js';
import { oneLine } from '../../kit/log/printable.js';
import { prepareAccess } from '../../systems/git/access.js';
import type { GitUrl } from '../../systems/git/url.js';
import { configMapsIn } from '../documents/config-maps.js';
import { lockIn } from '../documents/locks.js';
import { checkPath } from '../documents/path.js';
import type { Store } from '../documents/store.js';
import { holdLock } from '../hold/hold.js';
import { type Branch, openBranch } from './branch.js';
import { documentsIn, folder, type Summarize } from './documents.js';

/** A branch of a repository. */
export interface GitStore {
  readonly url: GitUrl;
  readonly branch: string;
}

/** How patient op is; tests use other values. */
interface Patience {
  /** Milliseconds between two looks at a lock that is waited for, or held. */
  readonly pollEvery: number;
  /** How often a change is made, again each time that another push came first, before op gives up: after about half a minute. */
  readonly attempts: number;
}

const usual: Patience = { pollEvery: 5000, attempts: 20 };

/**
 * Opens a store in a branch, which is made by the first write. Documents are in BRANCH. Locks are in BRANCH-locks: they are renewed every 20
 * seconds, and the history of the documents would be nothing but that.
 * @throws OpError (input) when there is no temporary directory for the clone
 */
export async function openGitStore(
  context: Context,
  { url, branch }: GitStore,
  { pollEvery, attempts }: Patience = usual,
): Promise<Store> {
  const access = await prepareAccess(context, url, { sslVerify: true, acceptNewHostKeys: false });
  const open = (name: string, directory: string) =>
    openBranch(context, {
      access,
      url: url.clean,
      branch: name,
      folder,
      directory: join(access.home, directory),
      attempts,
    });
  const documents = open(branch, 'documents.git');
  const locks = open(`${branch}-locks`, 'locks.git');
  const dispose = async () => {
    await Promise.all([documents[Symbol.asyncDispose](), locks[Symbol.asyncDispose]()]);
    await access.dispose();
  };
  return storeFor(context, { documents, locks, show: showing(url.clean, branch), pollEvery, dispose });
}

interface Parts {
  readonly documents: Branch;
  readonly locks: Branch;
  readonly show: (files: readonly string[]) => string;
  readonly pollEvery: number;
  readonly dispose: () => Promise<void>;
}

function storeFor(context: Context, parts: Parts): Store {
  const own = documentsIn(context, parts.documents, (act, path) => `${act} ${path}`);
  const locks = (inner: Context) => documentsIn(inner, parts.locks, summaryOfLock);
  return {
    ...own,
    kind: 'git',
    configMaps: configMapsIn(own, parts.show),
    hold: (name, claim) => {
      checkPath(name);
      return holdLock(context, lockIn(context, { documents: locks, pollEvery: parts.pollEvery }, name), claim);
    },
    within: (inner) => ({ ...storeFor(inner, parts), [Symbol.asyncDispose]: async () => undefined }),
    [Symbol.asyncDispose]: parts.dispose,
  };
}

const summaryOfLock: Summarize = (_, path, body) =>
  body?.holder === '' ? `Release ${path}` : `Hold ${path} for ${oneLine(String(body?.holder))}`;

/** The command that shows files; it works in any repository. */
const showing = (url: string, branch: string) => (files: readonly string[]) =>
  `git fetch ${url} ${branch} && git show ${files.map((file) => `FETCH_HEAD:${folder}/${file}`).join(' ')}`;
