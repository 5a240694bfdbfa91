import * as v from 'valibot';
import { type OpError, refusedError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { isClearManifest } from '../../systems/registry/client/content.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { NamedDigest } from './artifacts.js';
import type { PromoteRegistries } from './registries.js';

/**
 * A tag that is named for the digest of an image, and that a signature, attestation or SBOM of this image has: `sha256-DIGEST.sig`. Source:
 * cosign, "Signature Spec", "Storage". The list of referrers, `sha256-DIGEST`, is not one of them: it is not copied, but added to.
 */
export interface DigestTag {
  readonly tag: string;
  /** The digest that it has at the source, and will have at the destination. */
  readonly digest: string;
  /** The digest that it has at the destination now. */
  readonly found: string | undefined;
  /** It has another digest at the destination, and everything there is in the one at the source. */
  readonly isGrown: boolean;
}

interface Sides {
  readonly imageName: string;
  readonly from: Reference;
  readonly to: Reference;
}

/**
 * Compares both sides. Whoever may push to the source, such as a build, can move these tags there; at the destination they may be what a
 * cluster admits the image by.
 * @param overwrite whether a tag may lose what it has at the destination
 * @throws OpError (refused) when it would, (tool)
 */
export async function planDigestTags(
  registries: PromoteRegistries,
  { imageName, from, to }: Sides,
  tags: readonly NamedDigest[],
  { overwrite, destination }: { readonly overwrite: boolean; readonly destination: string },
): Promise<readonly DigestTag[]> {
  const planned: DigestTag[] = [];
  for (const { tag, digest } of tags) {
    const { digest: _, ...source } = { ...from, tag };
    const { digest: __, ...target } = { ...to, tag };
    const found = await registries.findAtDestination(target);
    const isOther = found !== undefined && found !== digest;
    const isGrown =
      isOther && isContained(await textOf(registries, target, found), await textOf(registries, source, digest));
    if (isOther && !isGrown && !overwrite) throw wouldLose({ imageName, destination, source, target, digest, found });
    planned.push({ tag, digest, found, isGrown });
  }
  return planned;
}

/** The text of a manifest; empty if it is gone. */
async function textOf({ repository, manifests, signal }: PromoteRegistries, image: Reference, digest: string) {
  const found = await manifests.bytes(await repository(image), digest, signal);
  return found?.bytes.toString('utf8') ?? '';
}

const descriptor = v.looseObject({ digest: v.string() });
/** Source: OCI image specification, manifest and index. */
const manifest = v.looseObject({
  mediaType: v.optional(v.string()),
  artifactType: v.optional(v.string()),
  config: v.optional(v.looseObject({ mediaType: v.string() })),
  layers: v.optional(v.array(descriptor), []),
  manifests: v.optional(v.array(descriptor), []),
});

/**
 * Whether a manifest begins with all that an earlier one has: cosign adds a signature to a tag by one more layer, and keeps the signature
 * itself in the annotations of the layer, so whole descriptors are compared.
 */
export function isContained(earlier: string, later: string): boolean {
  const [one, other] = [parseJson(manifest, earlier), parseJson(manifest, later)];
  if (one === undefined || other === undefined || !isClearManifest(later)) return false;
  const kindOf = ({ mediaType, artifactType, config }: typeof one) => [mediaType, artifactType, config?.mediaType];
  const begins = (all: readonly unknown[], first: readonly unknown[]) =>
    all.length >= first.length && isSame(all.slice(0, first.length), first);
  return (
    isSame(kindOf(one), kindOf(other)) &&
    one.layers.length + one.manifests.length > 0 &&
    begins(other.layers, one.layers) &&
    begins(other.manifests, one.manifests)
  );
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);

/** Keys of objects in alphabetical order: a registry or a tool may write them in another one. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

interface Loss {
  readonly imageName: string;
  readonly destination: string;
  readonly source: Reference;
  readonly target: Reference;
  readonly digest: string;
  readonly found: string;
}

const wouldLose = ({ imageName, destination, source, target, digest, found }: Loss): OpError =>
  refusedError({
    what: `image "${imageName}" is not promoted to ${destination}`,
    why:
      `${formatReference(target)}, a signature, attestation or SBOM of it, names ${found}, ` +
      `and ${formatReference(source)} names ${digest}, which does not contain it`,
    hint: 'find out who moved the tag at the source; then move it back, give --overwrite to replace the one at the destination, or --referrers=false to leave it',
  });
