import { randomBytes, randomInt } from 'node:crypto';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import type { GitAccess } from '../../systems/git/access.js';
import { createGit, type Git } from '../../systems/git/git.js';
import { type CommitMessage, readTexts, type TreeEntry, writeCommit, writeTree } from '../../systems/git/objects.js';
import { isBehind, pushCommit, refusalOf } from '../../systems/git/push.js';
import { advice } from './advice.js';
import { readAuthor } from './author.js';
import { type Change, type Judged, judge, type Outcomes } from './judge.js';
import { messageOf } from './message.js';
import { createRounds } from './rounds.js';
import { fetchTip, initialize, noBranch, type Source, type Tip, usesSha256 } from './tip.js';

/** One branch of a repository, of which op reads and writes the files in one folder. */
export interface Branch extends AsyncDisposable {
  /** For messages: `branch octopipeline of https://example.com/shop.git`. */
  readonly place: string;
  /** The newest commit, fetched after this call. */
  readonly read: (context: Context) => Promise<Tip>;
  /** The texts of files of a commit, by id; those that are not UTF-8 are left out. */
  readonly texts: (context: Context, files: Iterable<TreeEntry>) => Promise<ReadonlyMap<string, string>>;
  /** Makes a change and pushes it. @returns the id of the file's new content; `''` when it was removed */
  readonly change: (context: Context, change: Change) => Promise<string | 'conflict'>;
}

interface BranchSetting extends Source {
  readonly access: GitAccess;
  /** How often a change is made, again each time that another push came first, before op gives up. */
  readonly attempts: number;
}

/**
 * A branch in a clone that has no working copy: files are read from and written to git's objects, so that links, hooks, filters and
 * settings of the repository have no effect. Nothing is fetched yet.
 */
export function openBranch(context: Context, setting: BranchSetting): Branch {
  const { access, url, branch, directory } = setting;
  const gitFor = (inner: Context) => createGit(inner, { access, directory, url, advice });
  let known: Tip | undefined;
  let author: CommitMessage['author'] | undefined;
  const refresh = async (inner: Context): Promise<Tip> => {
    if (known === undefined) await initialize(gitFor(inner), setting, 'sha1');
    known = await fetchTip(gitFor(inner), setting, known ?? noBranch(40));
    return known;
  };
  const rounds = createRounds<Change | 'read', Tip | 'conflict' | string>(context, async (inner, jobs) => {
    const changes = jobs.filter((job) => job !== 'read');
    const tip = known === undefined || changes.length < jobs.length ? await refresh(inner) : undefined;
    const outcomes = await changeAll(inner, changes, tip);
    return jobs.map((job) => (job === 'read' ? tip : outcomes.get(job)) ?? new Error('unreachable: all are answered'));
  });

  /** @param fresh what was fetched in this round */
  async function changeAll(inner: Context, changes: readonly Change[], fresh: Tip | undefined): Promise<Outcomes> {
    if (changes.length === 0) return new Map();
    const git = gitFor(inner);
    let tip = fresh ?? known ?? (await refresh(inner));
    let isFresh = fresh !== undefined;
    let isOvertaken = false;
    for (let attempt = 1; ; ) {
      const judged = judge(tip, changes);
      const isPushed = judged.files.size > 0;
      // What is pushed is checked by the push. Anything else must be judged by the newest commit.
      if (!isFresh && !(isPushed && judged.allFit)) {
        tip = await refresh(inner);
        isFresh = true;
        continue;
      }
      if (!isPushed) return judged.outcomes;
      author ??= await readAuthor(git);
      const commit = await write(git, setting, tip, { ...judged, author });
      const ended = await pushCommit(git, { url, branch, commit, expected: tip.commit ?? '' });
      if (ended.ended === 'ok') {
        known = { ...tip, commit, entries: judged.entries };
        return judged.outcomes;
      }
      if (tip.digits === 40 && usesSha256(ended)) {
        // A repository without a commit does not say so before.
        await initialize(git, setting, 'sha256');
        known = noBranch(64);
        tip = await refresh(inner);
        continue;
      }
      if (!isBehind(ended)) throw refusalOf({ url, branch }, ended, advice);
      inner.log.debug(`another push to ${branch} came first in attempt ${attempt}`);
      await sleep(inner, randomInt(20, Math.min(4000, 100 * 2 ** attempt)));
      const before = tip.commit;
      tip = await refresh(inner);
      isFresh = true;
      isOvertaken ||= tip.commit !== before;
      // The server may have taken the commit, and its answer got lost.
      if (await isPartOf(git, commit, tip)) return judged.outcomes;
      if (attempt === setting.attempts) {
        throw isOvertaken ? alwaysBehind(setting, attempt) : refusalOf({ url, branch }, ended, advice);
      }
      attempt += 1;
    }
  }

  const place = `branch ${branch} of ${url}`;
  return {
    place,
    read: async (inner) => {
      const tip = await rounds.ask(inner, 'read');
      if (typeof tip === 'string') throw new Error('unreachable: a read gives a commit');
      return tip;
    },
    texts: (inner, files) => readTexts(gitFor(inner), files),
    change: async (inner, change) => {
      const id = await rounds.ask(inner, change);
      if (typeof id !== 'string') throw new Error('unreachable: a change gives an id');
      return id;
    },
    [Symbol.asyncDispose]: () => rounds[Symbol.asyncDispose](),
  };
}

type Written = Pick<Judged, 'files' | 'summaries'> & Pick<CommitMessage, 'author'>;

/** Writes a commit. @returns its id */
async function write(git: Git, { directory }: BranchSetting, { commit }: Tip, written: Written): Promise<string> {
  const { files, summaries, author } = written;
  const tree = await writeTree(git, directory, commit, files);
  // Two processes that make the same change in the same second would make the same commit, and both would believe that it is theirs.
  const text = messageOf(summaries, commit === undefined, randomBytes(8).toString('hex'));
  return writeCommit(git, tree, commit, { author, text });
}

async function isPartOf(git: Git, commit: string, tip: Tip): Promise<boolean> {
  if (tip.commit === undefined) return false;
  return (await git.attempt(['merge-base', '--is-ancestor', commit, tip.commit])).ended === 'ok';
}

const alwaysBehind = ({ url, branch }: BranchSetting, attempts: number) =>
  toolError({
    what: `the change could not be pushed to ${branch} of ${url}`,
    why: `another push came first in each of ${attempts} attempts`,
    hint: 'run it again when the branch is quieter; it is safe to repeat',
  });
