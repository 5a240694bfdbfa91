import { readFile } from 'node:fs/promises';
import type * as v from 'valibot';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { type Copied, copiedShape } from '../copy/copied.js';
import { changesSince } from '../history/changes.js';
import type { RecordedImage, RecordedRun } from '../history/recorded.js';
import type { Files } from '../plan/files.js';
import type { PlanItem, ReadPlan } from '../plan/plan.js';
import { type Verified, verifiedShape } from '../verify/verified.js';
import { htmlPageOf } from './html-page.js';
import { pageOf } from './page.js';
import { carriedOver, recordedImages } from './recorded-images.js';
import { type Outcome, outcomes, type Report, type ReportedImage } from './reported.js';

/** What a report is made of, besides the files of the run. */
export interface ReportParts {
  /** Of the mirror. */
  readonly name: string;
  /** What is compared with: the newest recorded run before this one. */
  readonly previous: RecordedRun | undefined;
}

/** A report, and what its run left at the destination. */
export interface Reported {
  readonly report: Report;
  readonly left: readonly RecordedImage[];
}

/** Reads what the steps of a run have written, as far as they came, and writes the report. */
export async function report(read: ReadPlan, files: Files, { name, previous }: ReportParts): Promise<Reported> {
  const [copied, verified] = await Promise.all([
    readResult(files.copied, copiedShape, read.digest),
    readResult(files.verified, verifiedShape, read.digest),
  ]);
  const found = reportOf(read, copied, verified);
  const now = recordedImages(read.plan.items, found.images);
  const carried = carriedOver(previous?.images ?? [], now, read.plan.unlisted);
  const made: Report = {
    ...found,
    name,
    changes: previous === undefined || found.copiedAt === null ? null : changesSince(previous, carried, now),
  };
  await Promise.all([
    writeAtomic(files.report, `${JSON.stringify(made, undefined, 1)}\n`),
    writeAtomic(files.reportPage, pageOf(made)),
    writeAtomic(files.reportHtml, htmlPageOf(made)),
  ]);
  return { report: made, left: [...now, ...carried] };
}

/** The result of a step, if it is of this plan. */
async function readResult<Schema extends v.GenericSchema<unknown, { readonly plan: string }>>(
  file: string,
  schema: Schema,
  plan: string,
): Promise<v.InferOutput<Schema> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const result = text === undefined ? undefined : parseJson(schema, text);
  return result?.plan === plan ? result : undefined;
}

/** Puts together what the steps say. */
function reportOf(
  { plan, digest }: ReadPlan,
  copied: Copied | undefined,
  verified: Verified | undefined,
): Omit<Report, 'name' | 'changes'> {
  const copies = new Map(copied?.images.map((one) => [one.destination, one]));
  const checks = new Map(verified?.images.map((one) => [one.destination, one]));
  const images = plan.items.map((item): ReportedImage => {
    const copy = copies.get(item.destination);
    const check = checks.get(item.destination);
    const isWrong = check !== undefined && check.state !== 'right' && copy?.outcome !== 'failed';
    const outcome = isWrong ? (check.state === 'unknown' ? 'unknown' : 'wrong') : outcomeOf(item, copy?.outcome);
    return {
      source: item.source,
      destination: item.destination,
      digest: item.digest ?? null,
      outcome,
      bytes: copy?.bytes ?? 0,
      verified: check?.state === 'right',
      fails: item.fails || ['failed', 'unknown', 'wrong'].includes(outcome),
      referrers: item.referrers?.length ?? 0,
      left: item.left ?? [],
      why: (isWrong ? check.why : (copy?.why ?? item.why)) ?? null,
    };
  });
  const count = (outcome: Outcome) => images.filter((image) => image.outcome === outcome).length;
  return {
    version: 1,
    workflow: plan.workflow,
    mirrorFile: plan.mirrorFile,
    mirrorDigest: plan.mirrorDigest,
    planDigest: digest,
    plannedAt: plan.createdAt,
    copiedAt: copied?.endedAt ?? null,
    verifiedAt: verified?.at ?? null,
    verifiedDeep: verified?.deep ?? false,
    refused: plan.refused,
    unlisted: plan.unlisted,
    totals: {
      ...(Object.fromEntries(outcomes.map((outcome) => [outcome, count(outcome)])) as Record<Outcome, number>),
      bytes: images.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    images,
  };
}

function outcomeOf({ action }: PlanItem, copied: Copied['images'][number]['outcome'] | undefined): Outcome {
  if (action === 'drift' || action === 'missing' || action === 'unknown') return action;
  if (action === 'skip') return 'unchanged';
  if (copied === undefined) return 'planned';
  return copied === 'already-there' ? 'unchanged' : copied;
}
