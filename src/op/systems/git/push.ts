import type { OpError } from '../../kit/errors/op-error.js';
import type { Ended } from '../../kit/process/run.js';
import { type Advice, failureOfGit } from './failure.js';
import type { Git } from './git.js';

/** Which commit becomes the newest of which branch. */
interface Push {
  /** Without credentials. */
  readonly url: string;
  readonly branch: string;
  readonly commit: string;
  /** The newest commit of the branch must still be this one; `''`: the branch must not exist. Without it, git's own rule applies: nothing is lost. */
  readonly expected?: string;
}

/** Pushes one commit. A refusal is a value, not an exception: see `isBehind` and `refusalOf`. */
export const pushCommit = (git: Git, { url, branch, commit, expected }: Push): Promise<Ended> =>
  git.transfer(`push to ${branch}`, [
    ...['push', '--porcelain', '--progress', '--no-verify', '--no-signed', '--no-follow-tags'],
    ...(expected === undefined ? [] : [`--force-with-lease=refs/heads/${branch}:${expected}`]),
    ...['--recurse-submodules=no', '--', url, `${commit}:refs/heads/${branch}`],
  ]);

/** Whether a push failed because the branch has moved since the fetch. Source: git's push --porcelain and receive-pack, Gerrit, GitHub. */
export const isBehind = ({ stdout, stderr }: Ended): boolean =>
  behind.test(`${stdout}\n${stderr}`) && !/exists; cannot create/u.test(stderr);

const behind =
  /\((?:fetch first|non-fast-forward|stale info|needs force|failed to update ref|remote ref updated since checkout)\)|cannot lock ref|incorrect old value|failed to lock|reference already exists|lock failure|Unable to create '[^']*\.lock'/iu;

/** The error for a push that was refused for another reason. */
export const refusalOf = ({ url, branch }: Pick<Push, 'url' | 'branch'>, ended: Ended, advice?: Advice): OpError =>
  failureOfGit(`push to ${branch}`, url, { ...ended, stderr: reasonOf(ended) }, advice);

/** The most important first: the lines of the server, then the reason of the refusal, which --porcelain writes to stdout. */
function reasonOf({ stdout, stderr }: Ended): string {
  const lines = stderr.split(/[\r\n]+/u);
  const refused = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('!\t') ? [`error: ${line.split('\t')[2]}`] : []));
  const isFromServer = (line: string) => line.startsWith('remote:');
  return [...lines.filter(isFromServer), ...refused, ...lines.filter((line) => !isFromServer(line))].join('\n');
}
