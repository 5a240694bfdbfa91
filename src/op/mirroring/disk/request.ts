import { resolve } from 'node:path';
import { usageError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Workflow } from '../history/recorded.js';
import { parseBytes } from '../mirror-file/bytes.js';
import { type BaselineWish, isDay } from './baseline.js';
import type { DiskRequest } from './options.js';

/** The workflow, without the word that some names have in front. */
export function workflowOf({ workflow = 'direct' }: DiskRequest): Workflow {
  if (workflow.endsWith('to-disk')) return 'to-disk';
  return workflow.endsWith('from-disk') ? 'from-disk' : 'direct';
}

/** Without a disk there is nothing that its options could mean. @throws OpError (usage) */
export function refuseDiskOptions(request: DiskRequest): void {
  const { disk, partSize, full = false, incrementalMode = true, since, sinceDate, baseline, chain } = request;
  const given = [
    ...(full ? ['full'] : []),
    ...(incrementalMode ? [] : ['incremental-mode']),
    ...Object.entries({ disk, 'part-size': partSize, since, 'since-date': sinceDate, baseline, chain }).flatMap(
      ([name, value]) => (value === undefined ? [] : [name]),
    ),
  ];
  const [first] = given;
  if (first === undefined) return;
  throw usageError({
    what: `--${first} has no meaning from registry to registry`,
    why: 'it is about a disk, and --workflow is direct, the default',
    hint: 'add --workflow=to-disk or --workflow=from-disk, or leave it out',
  });
}

/** The absolute path of the disk. @throws OpError (usage) */
export function diskOf(cwd: string, { disk, workflow }: DiskRequest): string {
  if (disk !== undefined) return resolve(cwd, disk);
  throw usageError({
    what: `--workflow=${workflow} needs --disk`,
    why: 'the images go to a disk, or come from one',
    hint: 'name the directory where it is mounted, such as --disk=/media/usb',
  });
}

/** From where on a segment has what is new. @throws OpError (usage) */
export function wishOf({ full, incrementalMode = true, since, sinceDate, baseline }: DiskRequest): BaselineWish {
  const day = since ?? sinceDate;
  const isFull = full === true || !incrementalMode;
  if ([isFull, day !== undefined, baseline !== undefined].filter(Boolean).length > 1) {
    throw usageError({
      what: 'only one of --full, --since and --baseline can be given',
      why: 'each says what the segment builds on',
      hint: 'leave the others out',
    });
  }
  if (isFull) return { kind: 'none' };
  if (day !== undefined) {
    if (!isDay(day)) throw badValue('since', day, 'it is not a day', 'write a day such as 2026-11-20');
    return { kind: 'since', day };
  }
  if (baseline === undefined) return { kind: 'newest' };
  if (/^[1-9]\d{0,5}$/u.test(baseline)) return { kind: 'sequence', sequence: Number(baseline) };
  throw badValue('baseline', baseline, 'it is not the number of a segment', 'write a number such as 3');
}

/** Bytes of a part; undefined without a limit. @throws OpError (usage) */
export function partSizeOf({ partSize }: DiskRequest): number | undefined {
  if (partSize === undefined) return undefined;
  const size = parseBytes(partSize);
  if (size !== undefined) return size;
  throw badValue('part-size', partSize, 'it is not a number of bytes', 'write bytes, such as 4GB, 650MB or 1.5GiB');
}

const badValue = (name: string, value: string, why: string, hint: string) =>
  usageError({ what: `invalid --${name}=${oneLine(value)}`, why, hint });
