import { type Child, type Manifest, sha256 } from '../../systems/registry/client/content.js';
import type { PlatformChoice } from '../mirror-file/read.js';

/** What is copied of an index: what becomes of it, or the digest of the one image that takes its place. */
export type Chosen = { readonly root: Manifest } | { readonly child: string } | { readonly why: string };

/**
 * Chooses platforms of an index. Attestations of an image go with it. What is no index is copied as it is: it is for one platform, and only
 * its configuration would say which.
 */
export function choosePlatforms(source: Manifest, { keep, as }: PlatformChoice): Chosen {
  if (source.children.length === 0) return { root: source };
  const images = source.children.filter(({ platform }) => keep.some((wanted) => isOf(platform, wanted)));
  const lacking = keep.filter((wanted) => !images.some(({ platform }) => isOf(platform, wanted)));
  if (lacking.length > 0) return { why: `it has no image for ${lacking.join(', ')}` };
  if (as === 'child') {
    const [one, ...others] = images;
    return one === undefined || others.length > 0
      ? { why: `it has ${images.length} images for ${keep.join(', ')}: name a variant` }
      : { child: one.digest };
  }
  const kept = new Set(images.map(({ digest }) => digest));
  const children = source.children.filter(({ digest, about = '' }) => kept.has(digest) || kept.has(about));
  return { root: as === 'sparse' ? { ...source, children } : rewritten(source, children) };
}

/** Whether a platform is meant; `linux/arm64` means its variants, too. */
const isOf = (platform: string | undefined, wanted: string): boolean =>
  platform === wanted || platform?.startsWith(`${wanted}/`) === true;

/** The same index with fewer images. The same source always gives the same bytes. */
function rewritten(source: Manifest, children: readonly Child[]): Manifest {
  const kept = new Set(children.map(({ digest }) => digest));
  const index: { readonly manifests: readonly { readonly digest: string }[] } = JSON.parse(
    source.bytes.toString('utf8'),
  );
  const manifests = index.manifests.filter(({ digest }) => kept.has(digest));
  const bytes = Buffer.from(JSON.stringify({ ...index, manifests }));
  return { ...source, bytes, children, size: bytes.length, digest: sha256(bytes) };
}
