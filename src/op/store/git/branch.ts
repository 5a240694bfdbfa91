import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { type OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import type { Ended } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import type { GitAccess } from '../../systems/git/access.js';
import { failureOfGit } from '../../systems/git/failure.js';
import { createGit, type Git } from '../../systems/git/git.js';
import {
  type CommitMessage,
  type FileChange,
  idOf,
  listTree,
  lookUp,
  readTexts,
  type TreeEntries,
  type TreeEntry,
  writeCommit,
  writeTree,
} from '../../systems/git/objects.js';
import { isBehind, pushCommit, refusalOf } from '../../systems/git/push.js';
import { advice } from './advice.js';
import { readAuthor } from './author.js';
import { messageOf } from './message.js';
import { createRounds } from './rounds.js';

/** The files of op in the newest commit of a branch. */
export interface Tip {
  /** Undefined: the repository has no such branch. */
  readonly commit: string | undefined;
  /** Of an object's id: 64 in a repository with SHA-256. */
  readonly digits: 40 | 64;
  readonly entries: TreeEntries;
}

/** A change of one file. */
export interface Change {
  readonly file: string;
  /** Undefined: it is removed. */
  readonly text: string | undefined;
  /** For the message of the commit: `Create environments/dev`. */
  readonly summary: string;
  /** Whether the change may be made; it is asked again for each newer commit. @param found undefined: there is no such file */
  readonly fits: (found: TreeEntry | undefined) => boolean;
}

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

interface BranchSetting {
  readonly access: GitAccess;
  /** Without credentials. */
  readonly url: string;
  readonly branch: string;
  /** The folder of op's files. */
  readonly folder: string;
  /** Where the clone is made. */
  readonly directory: string;
  /** How often a change is made, again each time that another push came first, before op gives up. */
  readonly attempts: number;
}

const fetched = 'refs/octopipeline/tip';

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

type Outcomes = ReadonlyMap<Change, string | 'conflict' | OpError>;

/** What changes do to a commit. */
interface Judged {
  readonly outcomes: Outcomes;
  /** Whether none is in conflict, and none is refused. */
  readonly allFit: boolean;
  /** The files afterwards. */
  readonly entries: TreeEntries;
  /** Those that differ. */
  readonly files: ReadonlyMap<string, FileChange>;
  readonly summaries: readonly string[];
}

/** Makes the changes one after another, without writing anything. */
function judge({ digits, entries: before }: Tip, changes: readonly Change[]): Judged {
  const entries = new Map(before);
  const outcomes = new Map<Change, string | 'conflict' | OpError>();
  const files = new Map<string, FileChange>();
  const summaries: string[] = [];
  for (const change of changes) {
    const { file, text, summary, fits } = change;
    const found = lookUp(entries, file);
    const blocked = found !== undefined && found.is !== 'file' ? `${found.way} is a ${found.is}` : undefined;
    const isFolder = found === undefined && [...entries.keys()].some((path) => path.startsWith(`${file}/`));
    if (blocked !== undefined || isFolder) outcomes.set(change, notAFile(file, blocked ?? 'it is a folder'));
    else if (!fits(found?.is === 'file' ? found.entry : undefined)) outcomes.set(change, 'conflict');
    else {
      const id = text === undefined ? '' : idOf(text, digits);
      if (text === undefined) entries.delete(file);
      else entries.set(file, { mode: regular, id, size: Buffer.byteLength(text) });
      if (before.get(file)?.id === entries.get(file)?.id) files.delete(file);
      else files.set(file, text === undefined ? undefined : { mode: regular, text });
      summaries.push(summary);
      outcomes.set(change, id);
    }
  }
  const allFit = [...outcomes.values()].every((outcome) => typeof outcome === 'string' && outcome !== 'conflict');
  return { outcomes, allFit, entries, files, summaries };
}

const regular = '100644';

type Written = Pick<Judged, 'files' | 'summaries'> & Pick<CommitMessage, 'author'>;

/** Writes a commit. @returns its id */
async function write(git: Git, { directory }: BranchSetting, { commit }: Tip, written: Written): Promise<string> {
  const { files, summaries, author } = written;
  const tree = await writeTree(git, directory, commit, files);
  // Two processes that make the same change in the same second would make the same commit, and both would believe that it is theirs.
  const text = messageOf(summaries, commit === undefined, randomBytes(8).toString('hex'));
  return writeCommit(git, tree, commit, { author, text });
}

/** What git says when the server has a repository of the other kind. */
const usesSha256 = ({ stderr }: Ended) =>
  /mismatched algorithms: client sha1; server sha256|does not support this repository's hash algorithm/u.test(stderr);

const noBranch = (digits: Tip['digits']): Tip => ({ commit: undefined, digits, entries: new Map() });

async function initialize(git: Git, { directory }: BranchSetting, format: 'sha1' | 'sha256'): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const settings = ['--template=', '--initial-branch=octopipeline', `--object-format=${format}`];
  await git.must('create a repository', ['init', '--quiet', '--bare', ...settings]);
}

/** Fetches the newest commit. After the first time, all commits in between too: they tell whether a commit of op is among them. */
async function fetchTip(git: Git, setting: BranchSetting, known: Tip): Promise<Tip> {
  const { url, branch, folder } = setting;
  const doing = `fetch ${branch}`;
  const ended = await git.transfer(doing, [
    ...['fetch', '--progress', '--no-tags', '--no-recurse-submodules', '--force', '--no-write-fetch-head'],
    ...(known.commit === undefined ? ['--depth=1'] : []),
    ...['--', url, `+refs/heads/${branch}:${fetched}`],
  ]);
  if (ended.ended !== 'ok') {
    if (/couldn't find remote ref/u.test(ended.stderr)) return noBranch(known.digits);
    if (known.digits === 40 && usesSha256(ended)) {
      await initialize(git, setting, 'sha256');
      return fetchTip(git, setting, noBranch(64));
    }
    throw failureOfGit(doing, url, ended, advice);
  }
  const commit = await git.must('read the fetched commit', ['rev-parse', '--verify', `${fetched}^{commit}`]);
  return commit === known.commit ? known : { ...known, commit, entries: await listTree(git, commit, folder) };
}

async function isPartOf(git: Git, commit: string, tip: Tip): Promise<boolean> {
  if (tip.commit === undefined) return false;
  return (await git.attempt(['merge-base', '--is-ancestor', commit, tip.commit])).ended === 'ok';
}

const notAFile = (file: string, why: string) =>
  refusedError({
    what: `op does not write ${file} in its store`,
    why,
    hint: 'remove it from the branch: op follows no links, and replaces nothing that it did not write',
  });

const alwaysBehind = ({ url, branch }: BranchSetting, attempts: number) =>
  toolError({
    what: `the change could not be pushed to ${branch} of ${url}`,
    why: `another push came first in each of ${attempts} attempts`,
    hint: 'run it again when the branch is quieter; it is safe to repeat',
  });
