import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { bytes, table } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import type { Head } from '../../systems/git/head.js';
import { sizeOf } from '../../systems/registry/crane.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import type { ImageOutcome } from '../engines/build-context.js';
import type { PlannedImage } from '../plan/plan.js';
import type { PreparedBuild } from '../plan/prepare.js';
import { filesDiffer } from './already-built.js';

/** A line of the table at the end of a build. */
export interface ImageReport extends Pick<ImageOutcome, 'how' | 'detail' | 'seconds'> {
  readonly image: BuiltImage;
  readonly engine: string;
  /** Bytes in the registry, compressed. */
  readonly size: number | undefined;
}

const requestsAtOnce = 4;

/**
 * The outcome of each image of a plan, in the plan's order, with its size in the registry.
 * @throws OpError (tool) when an image has no digest
 */
export async function reportImages(
  { context, access }: PreparedBuild,
  plan: readonly PlannedImage[],
  outcomes: ReadonlyMap<string, ImageOutcome>,
): Promise<readonly ImageReport[]> {
  const missing = plan.filter(({ target }) => outcomes.get(target.imageName)?.reference.digest === undefined);
  if (missing.length > 0) throw notPushed(missing);
  const done = plan.flatMap(({ target, choice }) => {
    const outcome = outcomes.get(target.imageName);
    return outcome === undefined ? [] : [{ ...outcome, imageName: target.imageName, engine: choice.engine ?? '-' }];
  });
  const sizes = await mapConcurrently(done, requestsAtOnce, ({ reference }) => sizeOf(context, access, reference));
  return done.map(({ imageName, reference, how, detail, seconds, engine }, index) => {
    const answer = sizes[index];
    const size = answer?.status === 'fulfilled' ? answer.value : undefined;
    return { image: { imageName, reference }, how, detail, seconds, engine, size };
  });
}

const notPushed = (missing: readonly PlannedImage[]) =>
  toolError({
    what: `${missing.map(({ target }) => target.imageName).join(', ')} was not pushed`,
    why: 'Skaffold succeeded but gave no digest for it',
    hint: 'check that its builder pushes $IMAGE when $PUSH_IMAGE is true',
  });

const digits = 12;

/** A table with one line per image. */
export function summarize(reports: readonly ImageReport[]): string {
  const rows = reports.map(({ image, how, detail, engine, seconds, size }) => {
    const { digest, ...named } = image.reference;
    return [
      image.imageName,
      formatReference(named),
      digest?.slice('sha256:'.length, 'sha256:'.length + digits) ?? '-',
      size === undefined ? '-' : bytes(size),
      engine,
      detail === '' ? how : `${how} (${detail})`,
      seconds === undefined ? '-' : `${seconds} s`,
    ];
  });
  return table([['IMAGE', 'TAG', 'DIGEST', 'SIZE', 'ENGINE', 'HOW', 'TIME'], ...rows]);
}

/** Logs the commit that is built, and warns when there is none or when files differ from it. */
export function logSource({ log }: Context, head: Head | undefined): void {
  if (head === undefined) log.warn('no git commit found: CHAINS-GIT_COMMIT cannot name the source');
  else log.step(`commit ${head.commit}`);
  if (head === undefined || head.changed === 0) return;
  log.warn(`${filesDiffer(head.changed)} from that commit: CHAINS-GIT_COMMIT stays empty`);
  const { withCarriageReturns: file } = head;
  if (file === undefined) return;
  log.warn(
    `${oneLine(file)} has CRLF in the commit, and .gitattributes says text: no clone is clean until this is committed: git add --renormalize .`,
  );
}

/**
 * The last line of a build: what was done, where it is listed, and the next command.
 * @param file build_result.json as a person names it; undefined when none was written
 */
export function verdict(done: string, file: string | undefined, head: Head | undefined): string {
  if (file === undefined) return done;
  if (head === undefined || head.changed > 0)
    return `${done}, listed in ${file}; commit and build again before op publish`;
  return `${done}, listed in ${file}; next: op publish --build-result=${file} --git-revision=${head.commit}`;
}
