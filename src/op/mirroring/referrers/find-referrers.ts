import * as v from 'valibot';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { digestForm } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import type { ReferrerChoice } from '../mirror-file/read.js';
import type { PlanItem } from '../plan/plan.js';
import { readTree, sparseOnly } from '../registries/manifests.js';
import { compareListed, type FoundReferrer, type LostReferrer } from './compare-listed.js';
import { compareCosignTag } from './cosign-tag.js';
import { cosignKindsOf, isOnlyTags, isWanted } from './kinds.js';
import type { Pair, ReferrerSearch, ReferrerSide } from './side.js';

/** All that refers to an image. */
export interface FoundReferrers {
  /** Each after its subject. */
  readonly found: readonly FoundReferrer[];
  readonly left: readonly LostReferrer[];
  /** Why the image may not be copied: something that is required does not refer to it. */
  readonly unmet: string | undefined;
}

/** Signatures of signatures, and manifests that refer to one image with its platforms: more is no image. */
const deepest = 3;
const most = 1000;

/** Looks for all that refers to an image, to its platforms, and to what refers to them. @throws RegistryFailure */
export async function findReferrers(
  search: ReferrerSearch,
  pair: Pair,
  choice: ReferrerChoice | undefined,
  item: PlanItem & { readonly digest: string },
): Promise<FoundReferrers | undefined> {
  if (choice === undefined) return undefined;
  const { digest, sourceDigest = digest } = item;
  const found: FoundReferrer[] = [];
  const left: LostReferrer[] = [];
  let count = 0;
  const { known } = search;
  const visit = async (subject: string, level: number): Promise<void> => {
    const listed = await listWanted(pair.from, choice, subject);
    count += listed.length;
    if (count > most) throw tooMany(pair);
    const there = listed.length === 0 ? [] : await pair.to.list(subject);
    const mine = [
      ...(await mapConcurrently(listed, 4, (one) => compareListed(known, pair.from, choice, { subject, one, there }))),
      ...(await mapConcurrently(cosignKindsOf(choice), 3, (kind) => compareCosignTag(known, pair, { subject, kind }))),
    ];
    const compared = valuesOf(mine).filter((one) => one !== undefined);
    left.push(...compared.filter(isLeft));
    const kept = compared.filter(isFound);
    found.push(...kept);
    if (level >= deepest) return;
    // Nothing is about signatures under a tag.
    const subjects = kept.filter(({ kind }) => !['.sig', '.att'].includes(kind));
    valuesOf(await mapConcurrently(subjects, 4, (one) => visit(one.digest, level + 1)));
  };
  const subjects = await subjectsOf(search, pair, item);
  valuesOf(await mapConcurrently(subjects, 4, (subject) => visit(subject, 1)));
  const isOther = digest !== sourceDigest;
  if (isOther) left.push(...(await thoseOfIndex(search, pair, choice, sourceDigest)));
  return { found, left, unmet: unmetOf(choice, digest, [...found, ...left.filter(({ isDrift }) => isDrift)]) };
}

const isFound = (one: FoundReferrer | LostReferrer): one is FoundReferrer => !isLeft(one);
const isLeft = (one: FoundReferrer | LostReferrer): one is LostReferrer => 'why' in one;

/** What the source lists, as far as it is chosen; each once. */
async function listWanted(from: ReferrerSide, choice: ReferrerChoice, subject: string) {
  const listed = isOnlyTags(choice) ? [] : await from.list(subject);
  const distinct = [...new Map(listed.map((one) => [one.digest, one])).values()];
  return distinct.filter(({ artifactType }) => artifactType === undefined || isWanted(choice, artifactType));
}

const digests = v.array(v.pipe(v.string(), v.regex(digestForm)));

/** The manifests of the image that are the same at both sides. */
async function subjectsOf(
  { known }: ReferrerSearch,
  { from, to, name }: Pair,
  { digest, sourceDigest = digest, platforms, action }: PlanItem & { readonly digest: string },
): Promise<readonly string[]> {
  const choice = platforms === undefined ? '' : ` ${platforms.as} ${platforms.keep.join(',')}`;
  const all = await known.recall(`manifests ${sourceDigest}${choice}`, digests, async () => {
    const atSource = () => readTree(name, sourceDigest, from.manifest, platforms);
    const atDestination = () =>
      readTree(name, digest, to.manifest, sparseOnly(platforms)).catch((error: unknown) => {
        if (error instanceof RegistryFailure && error.problem === 'absent') return atSource();
        throw error;
      });
    // Registries count what is read at the source.
    const { manifests } = await (action === 'skip' ? atDestination() : atSource());
    return manifests.map((one) => one.digest);
  });
  return (all ?? []).filter((one) => one !== digest || platforms?.as !== 'rewrite' || digest === sourceDigest);
}

/** Signatures of an index are not those of what takes its place. */
async function thoseOfIndex(
  search: ReferrerSearch,
  pair: Pair,
  choice: ReferrerChoice,
  subject: string,
): Promise<readonly LostReferrer[]> {
  const why = 'it is about the index at the source, and the destination gets something else (platforms)';
  const listed = (await listWanted(pair.from, choice, subject)).map((one) => ({
    subject,
    kind: one.artifactType ?? one.mediaType,
    digest: one.digest,
    why,
  }));
  const tags = await mapConcurrently(cosignKindsOf(choice), 3, (kind) =>
    compareCosignTag(search.known, pair, { subject, kind }),
  );
  const tagged = valuesOf(tags).flatMap((one) =>
    one === undefined ? [] : [{ subject, kind: one.kind, digest: one.digest, why }],
  );
  return [...listed.slice(0, most), ...tagged];
}

function unmetOf(
  { required }: ReferrerChoice,
  digest: string,
  there: readonly Pick<FoundReferrer, 'subject' | 'kind'>[],
): string | undefined {
  if (required.length === 0) return undefined;
  const kinds = new Set(there.filter(({ subject }) => subject === digest).map(({ kind }) => kind));
  if (required.some((kind) => kinds.has(kind))) return undefined;
  return `nothing at the source that refers to it is ${required.join(' or ')}, which is required`;
}

const tooMany = ({ name, from }: Pair) =>
  new RegistryFailure(`cannot mirror ${name}`, `more than ${most} manifests refer to it`, 'other', from.name);
