import { fullName } from '../../../images/image-mirrors/mirror.js';
import { formatReference, type Reference } from '../../../systems/registry/reference.js';
import type { Container } from '../read/container.js';

/** An image that must run. */
export interface ExpectedImage {
  readonly imageName: string;
  /** With its digest, and its tag if it has one. */
  readonly image: Reference & { readonly digest: string };
}

/** Two digests that only the registry can compare. */
export interface DigestComparison {
  readonly expected: ExpectedImage;
  /** A digest that was found in the cluster, and the repository that the cluster knows it by, if any. */
  readonly found: string;
  readonly foundIn: string | undefined;
  /** A template that names another digest is likely to be replaced soon. */
  readonly usedBy: 'template' | 'pod';
}

/** The registry's answers so far: whether a digest that was found is the same image as the expected one. See {@link comparisonKey}. */
export type SameImages = ReadonlyMap<string, boolean>;
/** The key of {@link SameImages}. */
export const comparisonKey = (expected: string, found: string) => `${expected} ${found}`;

/** How the image of a container compares with the expected images. */
export type Match =
  /** It is none of the expected images. */
  | { readonly match: 'unrelated' }
  | { readonly match: 'same'; readonly expected: ExpectedImage }
  /** The tag is right, and it has no digest. */
  | { readonly match: 'tag'; readonly expected: ExpectedImage }
  | { readonly match: 'other'; readonly expected: ExpectedImage }
  /** Its digest has to be compared by the registry. */
  | { readonly match: 'unknown'; readonly expected: ExpectedImage; readonly found: Reference };

/** Whether two names mean the same repository: `app` is `docker.io/library/app`. */
function isSameRepository(one: Reference, other: Reference): boolean {
  const [a, b] = [fullName(one), fullName(other)];
  return a.host === b.host && a.path === b.path;
}

/**
 * Compares the image of a template with the expected images. It must have the same repository, or the same digest: a mirror has the image
 * under another name. Where both have a digest, the tag is ignored, as the kubelet ignores it.
 */
export function matchTemplate({ image }: Container, expected: readonly ExpectedImage[], same: SameImages): Match {
  if (image === undefined) return { match: 'unrelated' };
  const { digest } = image;
  const candidates = expected.filter((one) => isSameRepository(image, one.image));
  // Two images can have the same content: then the name decides.
  const exact = [...candidates, ...expected].find((one) => digest !== undefined && digest === one.image.digest);
  if (exact !== undefined) return { match: 'same', expected: exact };
  const [first] = candidates;
  if (first === undefined) return { match: 'unrelated' };
  if (digest === undefined) {
    const tagged = candidates.find((one) => one.image.tag === (image.tag ?? 'latest'));
    return tagged === undefined ? { match: 'other', expected: first } : { match: 'tag', expected: tagged };
  }
  const known = candidates.find((one) => same.get(comparisonKey(one.image.digest, digest)) === true);
  if (known !== undefined) return { match: 'same', expected: known };
  const isCompared = candidates.every((one) => same.has(comparisonKey(one.image.digest, digest)));
  return isCompared ? { match: 'other', expected: first } : { match: 'unknown', expected: first, found: image };
}

/**
 * The digest in a container's `imageID`: containerd and CRI-O write `REPOSITORY@sha256:…`, Docker `docker-pullable://REPOSITORY@sha256:…`,
 * and an image that was loaded, never pulled, is the bare `sha256:…` of its configuration (`docker://sha256:…` with Docker).
 */
export function digestOfImageId(imageID: string): string | undefined {
  return /(?:^|@|:\/\/)(sha256:[0-9a-f]{64})$/u.exec(imageID)?.[1];
}

/** The repository that an `imageID` names; undefined for a bare digest. */
export const repositoryOfImageId = (imageID: string): string | undefined =>
  /^(?:[a-z-]+:\/\/)?([^@]+)@sha256:[0-9a-f]{64}$/u.exec(imageID)?.[1];

/** Whether a running image is the expected one; undefined when the registry has to compare them. */
export function matchRunning(imageID: string, { image }: ExpectedImage, same: SameImages): boolean | undefined {
  const digest = digestOfImageId(imageID);
  if (digest === undefined) return false;
  return digest === image.digest ? true : same.get(comparisonKey(image.digest, digest));
}

/** `web (registry/web:v1@sha256:…)` */
export const describeExpected = ({ imageName, image }: ExpectedImage) => `${imageName} (${formatReference(image)})`;

/** Shortens digests to the digits that tell them apart. */
export const shortDigests = (text: string) => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/gu, '$1');
