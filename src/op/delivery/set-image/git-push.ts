import { randomInt } from 'node:crypto';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { sleep } from '../../kit/process/sleep.js';
import type { CommitMessage } from '../../systems/git/objects.js';
import { isBehind, refusalOf } from '../../systems/git/push.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Edited } from './edit-files.js';
import type { Commit, ManifestsBranch } from './git-branch.js';
import type { DeliveredImage } from './images.js';

/** A branch after a push. */
export interface Pushed {
  /** The newest commit of the branch. */
  readonly commit: string;
  readonly changes: Edited['changes'];
}

interface PushOptions {
  /** Without credentials. */
  readonly url: string;
  readonly branch: string;
  readonly message: CommitMessage;
  /** Makes the change in a commit; called again for each newer one. */
  readonly edit: (commit: Commit) => Promise<Edited>;
}

/** How often the change is made again because another push came first: ten writers that start together lose at most nine times each. */
const retries = 20;

/**
 * Changes the newest commit of the branch and pushes the result. When another push came first, the change is made again on their
 * commit: none of their changes are lost, and when both set the same value, the last one wins.
 * @throws OpError (tool) when the server refuses, or another push came first each time
 */
export async function commitAndPush(
  context: Context,
  manifests: ManifestsBranch,
  { url, branch, message, edit }: PushOptions,
): Promise<Pushed> {
  let earlier: Edited | undefined;
  for (let retry = 0; ; retry++) {
    const base = await manifests.fetch();
    const edited = await edit(base);
    if (earlier === undefined) logChanges(context, edited);
    else warnOfOverwritten(context, earlier, edited, base.id);
    if (edited.contents.size === 0) return { commit: base.id, changes: [] };
    const commit = await manifests.commit(base, edited.contents, message);
    const ended = await manifests.push(commit);
    if (ended.ended === 'ok') return { commit, changes: edited.changes };
    if (!isBehind(ended)) throw refusalOf({ url, branch }, ended, manifests.advice);
    if (retry === retries) throw alwaysBehind(url, branch, retry + 1);
    context.log.progress(`another push to ${branch} came first: retrying on its commit`);
    await sleep(context, randomInt(20, Math.min(1500, 150 * 2 ** retry)));
    earlier = edited;
  }
}

function logChanges({ log }: Context, { changes }: Edited): void {
  for (const { file, place, before, after } of changes) {
    log.detail(`${file} ${place}: ${before === undefined ? 'new' : oneLine(before, 200) || 'nothing'} -> ${after}`);
  }
}

/** Names the values that others have set since the last attempt, and that are now replaced. */
function warnOfOverwritten({ log }: Context, earlier: Edited, now: Edited, commit: string): void {
  const known = new Map(earlier.changes.map((change) => [`${change.file} ${change.place}`, change]));
  for (const { file, place, before, after } of now.changes) {
    const was = known.get(`${file} ${place}`);
    if (was?.before === before) continue;
    log.warn(
      `${file} ${place}: another commit set ${oneLine(before ?? 'it', 200)} (in ${commit.slice(0, 12)} or earlier); ${after} replaces it: the last one wins`,
    );
  }
}

const alwaysBehind = (url: string, branch: string, times: number) =>
  toolError({
    what: `the change could not be pushed to ${branch} of ${url}`,
    why: `another push came first in each of ${times} attempts`,
    hint: 'run it again when the branch is quieter; it is safe to repeat',
  });

/** The default message of a commit: what goes where in one line, then every image with its digest. */
export function commitMessage(
  images: readonly DeliveredImage[],
  environment: string,
  component: string | undefined,
): string {
  const names = images.map(({ imageName, reference: { tag } }) => `${oneLine(imageName)} ${tag ?? ''}`.trim());
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const subject = `Deliver ${component === undefined ? '' : `${component} `}to ${environment}: ${shown}`;
  return `${subject}\n\n${images.map(({ reference }) => formatReference(reference)).join('\n')}`;
}
