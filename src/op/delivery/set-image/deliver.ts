import { randomInt } from 'node:crypto';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Ended } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import { failureOfGit } from '../../systems/git/failure.js';
import type { Edited } from './edit.js';
import type { Commit, Manifests, Message } from './manifests.js';

/** What came of it. */
export interface Delivered {
  /** The newest commit of the branch. */
  readonly commit: string;
  readonly changes: Edited['changes'];
}

interface Delivery {
  /** Without credentials. */
  readonly url: string;
  readonly branch: string;
  readonly message: Message;
  readonly edit: (commit: Commit) => Promise<Edited>;
}

/** How often the change is made anew because somebody else was faster. */
const redos = 8;

/**
 * Changes the newest commit of the branch and pushes that. When somebody else has pushed meanwhile, it is done again on what is there now: nothing
 * of theirs is lost, and of two who set the same value the last one wins.
 * @throws OpError (tool) when the server refuses, or somebody else was faster each time
 */
export async function deliver(context: Context, manifests: Manifests, delivery: Delivery): Promise<Delivered> {
  const { url, branch, message, edit } = delivery;
  let earlier: Edited | undefined;
  for (let redo = 0; ; redo++) {
    const base = await manifests.fetch();
    const edited = await edit(base);
    if (earlier === undefined) report(context, edited);
    else reportMeanwhile(context, earlier, edited, base.id);
    if (edited.contents.size === 0) return { commit: base.id, changes: [] };
    const commit = await manifests.commit(base, edited.contents, message);
    const ended = await manifests.push(commit);
    if (ended.ended === 'ok') return { commit, changes: edited.changes };
    if (!isOvertaken(ended)) throw failureOfGit(`push to ${branch}`, url, { ...ended, stderr: wordsOf(ended) });
    if (redo === redos) throw overtaken(url, branch, redo + 1);
    context.log.progress(`somebody else has pushed to ${branch} meanwhile: do it again on their commit`);
    await sleep(context, randomInt(20, Math.min(4000, 150 * 2 ** redo)));
    earlier = edited;
  }
}

/** What the server or git says when the branch is not any more where it was. Source: git's push --porcelain and receive-pack, Gerrit, GitHub. */
const isOvertaken = ({ stdout, stderr }: Ended) =>
  /\((?:fetch first|non-fast-forward|stale info|needs force|failed to update ref|remote ref updated since checkout)\)|cannot lock ref|incorrect old value|failed to lock|reference already exists|lock failure|Unable to create '[^']*\.lock'/iu.test(
    `${stdout}\n${stderr}`,
  );

/** What counts most first: the words of the server, then the reason of the refusal, which --porcelain writes to stdout. */
function wordsOf({ stdout, stderr }: Ended): string {
  const lines = stderr.split(/[\r\n]+/u);
  const refused = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('!\t') ? [`error: ${line.split('\t')[2]}`] : []));
  const ofServer = (line: string) => line.startsWith('remote:');
  return [...lines.filter(ofServer), ...refused, ...lines.filter((line) => !ofServer(line))].join('\n');
}

function report({ log }: Context, { changes }: Edited): void {
  for (const { file, place, before, after } of changes) {
    log.step(`${file} ${place}: ${before === undefined ? 'new' : oneLine(before, 200) || 'nothing'} -> ${after}`);
  }
}

/** Says what somebody else has set at our places since the last look. */
function reportMeanwhile({ log }: Context, earlier: Edited, now: Edited, commit: string): void {
  const known = new Map(earlier.changes.map((change) => [`${change.file} ${change.place}`, change]));
  for (const { file, place, before, after } of now.changes) {
    const was = known.get(`${file} ${place}`);
    if (was?.before === before) continue;
    log.warn(
      `${file} ${place}: somebody else has set ${oneLine(before ?? 'it', 200)} meanwhile (in ${commit.slice(0, 12)} or before it); ${after} takes its place: the last one wins`,
    );
  }
}

const overtaken = (url: string, branch: string, times: number) =>
  toolError({
    what: `the change could not be pushed to ${branch} of ${url}`,
    why: `each of ${times} times somebody else had pushed before`,
    hint: 'run it again when the branch is quieter; it is safe to repeat',
  });
