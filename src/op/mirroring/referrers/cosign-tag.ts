import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import type { Manifest } from '../../systems/registry/client/content.js';
import { tagOfDigest } from '../../systems/registry/client/referrers.js';
import type { FoundReferrer, LostReferrer } from './compare-listed.js';
import type { Known } from './known.js';
import type { Pair } from './side.js';

/**
 * Compares a tag of cosign's at both sides. Its manifest grows with every signature, at the destination, too: one that has signatures of its
 * own is never overwritten, and is as good if it also has those of the source.
 * @returns undefined if the source has none
 * @throws RegistryFailure
 */
export async function compareCosignTag(
  known: Known,
  { from, to }: Pair,
  { subject, kind }: { readonly subject: string; readonly kind: string },
): Promise<FoundReferrer | LostReferrer | undefined> {
  const tag = tagOfDigest(subject, kind);
  const digest = await from.find(tag);
  if (digest === undefined) return undefined;
  const copiedBefore = known.add(`tag ${from.name}:${tag}`, digest);
  const found = await to.find(tag);
  const named = { subject, kind, digest };
  if (found === undefined) return { ...named, there: false };
  if (found === digest) return { ...named, there: true };
  if (to.isOurs || copiedBefore.includes(found)) return { ...named, found, there: false };
  const relation = await known.recall(`compare ${digest} ${found}`, relations, async () =>
    relate(entriesOf(await from.manifest(digest)), entriesOf(await to.manifest(found))),
  );
  if (relation === 'more there') return { ...named, digest: found, there: true };
  if (relation === 'more here') return { ...named, found, there: false };
  return {
    ...named,
    isDrift: true,
    why: `${tag} at the destination has entries of its own, and lacks entries of the source`,
  };
}

const relations = v.picklist(['more here', 'more there', 'different']);

function relate(here: readonly string[], there: readonly string[]): v.InferOutput<typeof relations> {
  if (here.every((entry) => there.includes(entry))) return 'more there';
  return there.every((entry) => here.includes(entry)) ? 'more here' : 'different';
}

/** The signature is in the annotations: two signatures of one image have the same content. Source: cosign, "Signature Specification". */
const manifest = v.looseObject({
  layers: v.array(v.looseObject({ digest: v.string(), annotations: v.nullish(v.record(v.string(), v.string())) })),
});

function entriesOf({ bytes, digest }: Manifest): readonly string[] {
  const layers = parseJson(manifest, bytes.toString('utf8'))?.layers;
  // Something else: it is equal only to itself.
  if (layers === undefined) return [digest];
  return layers.map(({ digest, annotations }) => JSON.stringify([digest, Object.entries(annotations ?? {}).sort()]));
}
