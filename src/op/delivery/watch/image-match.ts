import { fullName } from '../../images/image-mirrors/mirror.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { Container } from './container.js';

/** An image that must be what runs. */
export interface Expected {
  readonly imageName: string;
  /** With its digest; with its tag, if it has one. */
  readonly image: Reference & { readonly digest: string };
}

/** The registry's word on digests of containers that are not the expected one: whether they are the same image all the same. */
export type SameImages = ReadonlyMap<string, boolean>;
/** The key of {@link SameImages}. */
export const pairOf = (expected: string, found: string) => `${expected} ${found}`;

/** How a container's image stands to what is expected. */
export type Match =
  /** It is another image altogether. */
  | { readonly match: 'unrelated' }
  | { readonly match: 'same'; readonly expected: Expected }
  /** The tag is right, and there is no digest beside it. */
  | { readonly match: 'tag'; readonly expected: Expected }
  | { readonly match: 'other'; readonly expected: Expected }
  /** It names a digest that the registry has to be asked about. */
  | { readonly match: 'unknown'; readonly expected: Expected; readonly found: Reference };

/** Whether two names mean the same repository: `app` is `docker.io/library/app`. */
function isSameRepository(one: Reference, other: Reference): boolean {
  const [a, b] = [fullName(one), fullName(other)];
  return a.host === b.host && a.path === b.path;
}

/**
 * Compares the image of a template with those expected. The repository counts, or else the very digest: a mirror has the same image under
 * another name. Where both have a digest, the tag beside it is a comment, as it is for the kubelet.
 */
export function matchTemplate({ image }: Container, expected: readonly Expected[], same: SameImages): Match {
  if (image === undefined) return { match: 'unrelated' };
  const { digest } = image;
  const exact = expected.find((one) => digest !== undefined && digest === one.image.digest);
  if (exact !== undefined) return { match: 'same', expected: exact };
  const candidates = expected.filter((one) => isSameRepository(image, one.image));
  const [first] = candidates;
  if (first === undefined) return { match: 'unrelated' };
  if (digest === undefined) {
    const tagged = candidates.find((one) => one.image.tag === (image.tag ?? 'latest'));
    return tagged === undefined ? { match: 'other', expected: first } : { match: 'tag', expected: tagged };
  }
  const known = candidates.find((one) => same.get(pairOf(one.image.digest, digest)) === true);
  if (known !== undefined) return { match: 'same', expected: known };
  const asked = candidates.every((one) => same.has(pairOf(one.image.digest, digest)));
  return asked ? { match: 'other', expected: first } : { match: 'unknown', expected: first, found: image };
}

/**
 * The digest in a container's `imageID`: containerd and CRI-O write `REPOSITORY@sha256:…`, Docker `docker-pullable://REPOSITORY@sha256:…`,
 * and an image that was loaded and never pulled is the bare `sha256:…` of its configuration (`docker://sha256:…` with Docker).
 */
export function digestOfImageId(imageID: string): string | undefined {
  return /(?:^|@|:\/\/)(sha256:[0-9a-f]{64})$/u.exec(imageID)?.[1];
}

/** The image that an `imageID` names in a registry; undefined for a bare digest. */
export const repositoryOfImageId = (imageID: string): string | undefined =>
  /^(?:[a-z-]+:\/\/)?([^@]+)@sha256:[0-9a-f]{64}$/u.exec(imageID)?.[1];

/** Whether what runs is what is expected; undefined when the registry has to be asked. */
export function matchRunning(imageID: string, { image }: Expected, same: SameImages): boolean | undefined {
  const digest = digestOfImageId(imageID);
  if (digest === undefined) return false;
  return digest === image.digest ? true : same.get(pairOf(image.digest, digest));
}

/** `web (registry/web:v1@sha256:…)` */
export const nameOfExpected = ({ imageName, image }: Expected) => `${imageName} (${formatReference(image)})`;

/** A digest is told apart by its first digits. */
export const shortDigests = (text: string) => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/gu, '$1');
