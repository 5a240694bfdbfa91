import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import { parseReference, type Reference } from '../../systems/registry/reference.js';
import { workflows } from '../history/recorded.js';
import type { Mirror } from '../mirror-file/read.js';
import { leftReferrer, plannedReferrer } from './referrers.js';

/**
 * What is done with an image: `copy` what the destination lacks, `overwrite` a tag that names another image, `attach` what refers to an image
 * that is there, `skip` what is there, leave a `drift`, report what is `missing` at the source, or what a registry did not say (`unknown`).
 */
export const actions = ['copy', 'overwrite', 'attach', 'skip', 'drift', 'missing', 'unknown'] as const;
export type Action = (typeof actions)[number];

const reference = v.pipe(
  v.string(),
  v.check((text) => !('problem' in parseReference(text)), 'must be an image'),
);
const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/u));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const url = v.pipe(v.string(), v.url());
const chart = v.strictObject({
  /** URL of its HTTP Helm repository. */
  repository: url,
  /** URL of its archive. */
  url,
  /** Digest of the archive, as the index of the repository has it. */
  archive: digest,
  /** It is not copied without a provenance file. */
  provenance: v.optional(v.literal('required')),
});
/** Where a chart comes from. */
export type ChartItem = v.InferOutput<typeof chart>;

const item = v.strictObject({
  /** The image, without a registry's short forms; for a chart, what it is called here. */
  source: reference,
  /** Where it comes from, if it is a chart of an HTTP Helm repository. */
  chart: v.optional(chart),
  destination: reference,
  action: v.picklist(actions),
  /** What the destination should have; absent if that is unknown. */
  digest: v.optional(digest),
  /** What the source has, where that is something else: an index of which some platforms are copied. */
  sourceDigest: v.optional(digest),
  /** Which platforms of an index are copied; absent if all are. */
  platforms: v.optional(v.strictObject({ keep: v.array(v.string()), as: v.picklist(['sparse', 'rewrite', 'child']) })),
  /** What the destination has under this tag. */
  found: v.optional(digest),
  /** Bytes that the destination lacks. */
  bytes: v.optional(count),
  /** What refers to it, and is at the destination or will be. */
  referrers: v.optional(v.array(plannedReferrer)),
  /** What refers to it, and is not copied. */
  left: v.optional(v.array(leftReferrer)),
  /** Whether this makes the run fail. */
  fails: v.optional(v.boolean(), false),
  why: v.optional(v.string()),
});
/** One image of a plan. */
export type PlanItem = v.InferOutput<typeof item>;

/** What is shown of a source that could not be listed. */
const unlisted = v.strictObject({ source: v.string(), why: v.string() });

const shape = v.strictObject({
  version: v.literal(1),
  workflow: v.optional(v.picklist(workflows), 'direct'),
  createdAt: v.string(),
  mirrorFile: v.string(),
  /** SHA-256 of the mirror file. */
  mirrorDigest: digest,
  totals: v.strictObject({ ...Object.fromEntries(actions.map((action) => [action, count])), bytes: count }),
  /** Why nothing of it may be copied; empty if it may. */
  refused: v.array(v.string()),
  /** Sources whose tags could not be listed. */
  unlisted: v.array(unlisted),
  items: v.array(item),
});
/** What a run will do: the dry run, and what the copy does. */
export type Plan = v.InferOutput<typeof shape>;

/** A plan that was read, with the SHA-256 of its file, by which results name it. */
export interface ReadPlan {
  readonly plan: Plan;
  readonly digest: string;
}

/** Writes a plan. @returns as it will be read */
export async function writePlan(path: string, plan: Plan): Promise<ReadPlan> {
  const text = `${JSON.stringify(plan, undefined, 1)}\n`;
  await writeAtomic(path, text);
  return { plan, digest: digestOf(text) };
}

/**
 * Reads the plan that was made from this mirror file.
 * @throws OpError (input) when there is none, (refused) when it was made from another file
 */
export async function readPlan(path: string, mirror: Mirror): Promise<ReadPlan> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read the plan ${path}`,
      why: cause.code === 'ENOENT' ? 'no such file' : cause.message,
      hint: 'make it first: op mirror resolve, with the same --directory',
      cause,
    });
  });
  const read = v.safeParse(jsonOf(shape), text);
  if (!read.success) {
    const [{ message }] = read.issues;
    throw inputError({ what: `${path} is not a plan`, why: message, hint: 'make a new one: op mirror resolve' });
  }
  if (read.output.mirrorDigest !== mirror.digest) {
    throw refusedError({
      what: `${path} is not the plan of ${mirror.file}`,
      why: `it was made from ${read.output.mirrorFile} when that had another content`,
      hint: 'make a new plan: op mirror resolve',
    });
  }
  return { plan: read.output, digest: digestOf(text) };
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A reference of a plan, which was checked when it was read. */
export function referenceOf(text: string): Reference {
  const read = parseReference(text);
  if ('problem' in read) throw new Error(`${text} is no reference: ${read.problem}`);
  return read;
}

/** What names an image in its repository: the tag if it has one. */
export const tagOrDigest = ({ tag, digest }: Reference): string => tag ?? digest ?? 'latest';
