import { join } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { countOf, bytes as shownBytes } from '../../kit/log/format.js';
import { startByteProgress } from '../../kit/log/progress.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import { formatReference, parseReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';
import { folderOf, versionOfTag } from '../mirror-file/chart-name.js';
import type { Mirror } from '../mirror-file/read.js';
import type { Origins } from '../registries/origin.js';
import type { Report } from '../report/reported.js';
import type { Lister, Wanted } from '../resolve/list-images.js';
import type { Listed } from '../resolve/resolve.js';
import type { ChainHistory } from './chain-history.js';
import { fromSegments } from './from-segments.js';
import { type DiskSegment, findWay, type Way } from './segment/chain.js';
import { checkFiles } from './segment/check-files.js';
import { segmentName, segmentsFolder } from './segment/layout.js';
import { readDisk } from './segment/read-disk.js';
import { bytesOf } from './segment/segment.js';

/** A disk whose segments fit to what this side has, and are whole. */
export interface OpenedDisk {
  readonly way: Way;
  readonly origins: Origins;
  readonly list: Lister;
  /** Every image of the disk must be one that the mirror file selects. @throws OpError (refused) */
  readonly onListed: (listed: Listed) => void;
}

/**
 * Opens a disk: looks at the numbers first, then reads every file that is needed. Nothing is asked of a registry.
 * @throws OpError (input, refused)
 */
export async function openDisk(
  context: Context,
  {
    mirror,
    registries,
    history,
    disk,
    accepted,
  }: {
    readonly mirror: Mirror;
    readonly registries: Registries;
    readonly history: ChainHistory;
    /** Absolute path. */
    readonly disk: string;
    /** A chain that may take the place of the one before. */
    readonly accepted: string | undefined;
  },
): Promise<OpenedDisk> {
  const past = await history.read();
  const way = findWay(await readDisk(disk), past, accepted);
  const last = past?.segments.at(-1);
  context.log.step(`applied: ${last === undefined ? 'nothing yet' : `segment ${last.sequence} of ${last.at}`}`);
  for (const one of way.needed) await checkSegment(context, disk, one);
  if (way.isAgain)
    context.log.step(`segment ${way.target.segment.sequence} was applied before; doing it again is harmless`);
  const destinations = new Map<string, Reference[]>();
  return {
    way,
    origins: fromSegments(way, registries, destinations),
    list: {
      tags: async (repository) => tagsOn(way, repository),
      // They come from the disk, like images.
      versions: async (repository) => tagsOn(way, repository).map((tag) => ({ version: versionOfTag(tag) })),
      charts: async (folder) => chartsOn(way, folder),
    },
    onListed: ({ wanted }) => {
      for (const { from, to } of wanted) {
        const source = formatReference(from);
        destinations.set(source, [...(destinations.get(source) ?? []), to]);
      }
      checkNamed(way, destinations, mirror);
      checkPinned(way, wanted);
    },
  };
}

async function checkSegment(context: Context, disk: string, one: DiskSegment): Promise<void> {
  const { sequence, blobs } = one.segment;
  const files = blobs.reduce((sum, { files = [] }) => sum + files.length, 0);
  context.log.step(
    `check segment ${sequence}: ${shownBytes(bytesOf(one.segment))} in ${countOf(files, 'file')}, ${one.digest}`,
  );
  using progress = startByteProgress(context, 'checking', bytesOf(one.segment));
  const problems = await checkFiles(one, context.signal, progress.add);
  if (problems.length === 0) return;
  const shown = problems.slice(0, 10);
  throw refusedError({
    what: `segment ${sequence} is damaged: ${countOf(problems.length, 'file')} of it; nothing was pushed`,
    why: [...shown, ...(problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [])].join(
      '\n',
    ),
    hint: `bring ${shownPath(context.cwd, join(disk, segmentsFolder, segmentName(sequence)))} again`,
  });
}

/** The tags that the disk has of a repository. */
function tagsOn({ target }: Way, repository: Reference): readonly string[] {
  const name = repositoryOf(repository);
  return target.segment.images.flatMap(({ source }) => {
    const read = parseReference(source);
    return 'problem' in read || repositoryOf(read) !== name || read.tag === undefined || read.digest !== undefined
      ? []
      : [read.tag];
  });
}

/** The names of all charts that the disk has of a Helm repository. */
const chartsOn = ({ target }: Way, folder: string): readonly string[] =>
  target.segment.images.flatMap(({ source }) => {
    const read = parseReference(source);
    const name = 'problem' in read ? '' : repositoryOf(read);
    return folderOf(name) === folder ? [name.slice(folder.length + 1)] : [];
  });

function checkNamed({ target }: Way, destinations: ReadonlyMap<string, unknown>, { file }: Mirror): void {
  const others = target.segment.images.filter(({ source }) => !destinations.has(source)).map(({ source }) => source);
  if (others.length === 0) return;
  const shown = others.slice(0, 10);
  throw refusedError({
    what: `${file} does not select ${countOf(others.length, 'image')} of the disk; nothing was pushed`,
    why: [...shown, ...(others.length > shown.length ? [`and ${others.length - shown.length} more`] : [])].join('\n'),
    hint: 'use the mirror file that the segment was written with, or add these images to sources',
  });
}

/** What the mirror file pins to a digest is that; of what becomes of an index, the digest is another one. */
function checkPinned({ target }: Way, wanted: readonly Wanted[]): void {
  const found = new Map(target.segment.images.map((image) => [image.source, image]));
  for (const { from, source, archive } of wanted) {
    const name = formatReference(from);
    const { digest, content } = found.get(name) ?? {};
    if (digest === undefined || content === undefined) continue;
    const isComparable = source.platforms === undefined || source.platforms.as === 'sparse';
    const isSame = from.digest === undefined || !isComparable || digest === from.digest;
    const hasArchive = archive === undefined || content.includes(archive);
    if (isSame && hasArchive) continue;
    throw refusedError({
      what: `the disk has another image as ${name}; nothing was pushed`,
      why: hasArchive ? `its digest there is ${digest}` : `its archive there is not ${archive}`,
      hint: 'do not use this disk: somebody has changed it',
    });
  }
}

/** Remembers that this side has a segment now, unless an image of it could not be copied: then the same disk is needed again. */
export async function recordApplied(
  context: Context,
  { way }: OpenedDisk,
  history: ChainHistory,
  report: Report,
): Promise<void> {
  const { chain, sequence, images } = way.target.segment;
  const onDisk = new Set(images.map(({ source }) => source));
  const lacking = report.images.filter(({ source, outcome }) => onDisk.has(source) && incomplete.has(outcome));
  if (report.copiedAt === null || report.verifiedAt === null || lacking.length > 0) {
    context.log.warn(`segment ${sequence} is not applied: run the same command again, with the same disk`);
    return;
  }
  const at = context.now().toISOString();
  for (const { segment, digest } of way.needed) await history.add(chain, { sequence: segment.sequence, digest, at });
  context.log.step(`segment ${sequence} is applied`);
}

/** A drift is left to a person: the next segment does not depend on it. */
const incomplete: ReadonlySet<string> = new Set(['failed', 'unknown', 'wrong', 'planned']);
