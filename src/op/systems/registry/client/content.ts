import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import * as v from 'valibot';
import { hasClearKeys } from '../../../kit/json/clear-keys.js';
import { parseJson } from '../../../kit/json/parse-json.js';

/** A name for content: what it is, its hash and its size. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image of an index. */
export interface Child extends Descriptor {
  /** `OS/ARCHITECTURE[/VARIANT]`; undefined if the index does not say. */
  readonly platform: string | undefined;
  /** The image of the index that it is about, as attestations of BuildKit have it. */
  readonly about: string | undefined;
}

/** A manifest as the registry has it. Its bytes have its digest. */
export interface Manifest extends Descriptor {
  readonly bytes: Buffer;
  /** Those of an index, for its platforms. */
  readonly children: readonly Child[];
  /** Configuration and layers. */
  readonly blobs: readonly Descriptor[];
  /** The digest of the manifest that it refers to, as signatures do. */
  readonly subject: string | undefined;
  /** What it is: its artifact type, or, as the specification has it, the type of its configuration. */
  readonly artifactType: string | undefined;
}

/** Types that are asked for. Source: OCI image specification; Docker's image manifest, version 2, schema 2. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/** Bytes of the largest manifest. Source: OCI distribution specification, "Pushing Manifests": registries should accept four megabytes. */
export const largestManifest = 4 * 1024 * 1024;
export const mostDescriptors = 10_000;

export const digestForm = /^sha256:[0-9a-f]{64}$/u;
/** Of an artifact: it is shown, and compared with what the mirror file names. */
export const artifactTypeForm = /^[\x21-\x7e]{1,255}$/u;
const mediaTypeForm = /^[A-Za-z0-9][\w!#$&.+^-]*\/[A-Za-z0-9][\w!#$&.+^-]*$/u;

export const descriptor = v.looseObject({
  mediaType: v.pipe(v.string(), v.maxLength(255), v.regex(mediaTypeForm)),
  digest: v.pipe(v.string(), v.regex(digestForm)),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  urls: v.optional(v.array(v.string()), []),
});
const child = v.looseObject({
  ...descriptor.entries,
  platform: v.optional(
    v.looseObject({ os: v.string(), architecture: v.string(), variant: v.optional(v.string(), '') }),
  ),
  annotations: v.optional(v.looseObject({ 'vnd.docker.reference.digest': v.optional(v.string()) })),
});
const shape = v.looseObject({
  mediaType: v.optional(v.string()),
  config: v.optional(descriptor),
  layers: v.optional(v.pipe(v.array(descriptor), v.maxLength(mostDescriptors))),
  manifests: v.optional(v.pipe(v.array(child), v.maxLength(mostDescriptors))),
  subject: v.nullish(v.looseObject({ digest: v.string() })),
  artifactType: v.optional(v.string()),
});

/** Source: OCI image specification, manifest, index and descriptor. */
const fields = [
  ...['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'manifests', 'subject', 'annotations'],
  ...['digest', 'size', 'urls', 'data', 'platform', 'architecture', 'os', 'os.version', 'os.features', 'variant'],
];

/** Whether registries and tools in Go find the same in a manifest as op does. @param text valid JSON */
export const isClearManifest = (text: string): boolean => hasClearKeys(text, fields, ['annotations']);

/**
 * Reads a manifest whose digest is checked already.
 * @returns why it cannot be mirrored, if it cannot
 */
export function readManifest(
  bytes: Buffer,
  digest: string,
  sentType: string | undefined,
): Manifest | { readonly why: string } {
  const text = bytes.toString('utf8');
  const read = parseJson(shape, text);
  if (read === undefined) return { why: 'it is no manifest of an image or an index with SHA-256 digests' };
  if (!isClearManifest(text)) return { why: 'it has a key twice, or in another case, which others read differently' };
  const { config, layers = [], manifests, subject, artifactType } = read;
  const mediaType = read.mediaType ?? sentType?.split(';')[0]?.trim() ?? '';
  if (!manifestTypes.some((type) => type === mediaType)) return { why: `its type is ${mediaType || 'unknown'}` };
  const all = [...(config === undefined ? [] : [config]), ...layers];
  return {
    mediaType,
    digest,
    size: bytes.length,
    bytes,
    children: [...new Map((manifests ?? []).map((one) => [one.digest, childOf(one)])).values()],
    // Layers with URLs may not be distributed: they stay where they are, as with every tool.
    blobs: distinct(all.filter(({ urls }) => urls.length === 0)),
    subject: digestForm.test(subject?.digest ?? '') ? subject?.digest : undefined,
    artifactType: artifactTypeForm.test(artifactType ?? '') ? artifactType : config?.mediaType,
  };
}

const childOf = ({ mediaType, digest, size, platform, annotations }: v.InferOutput<typeof child>): Child => ({
  mediaType,
  digest,
  size,
  platform: platform && [platform.os, platform.architecture, platform.variant].filter((part) => part !== '').join('/'),
  about: annotations?.['vnd.docker.reference.digest'],
});

const distinct = (descriptors: readonly Descriptor[]): readonly Descriptor[] => [
  ...new Map(descriptors.map(({ mediaType, digest, size }) => [digest, { mediaType, digest, size }])).values(),
];

export const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Content does not have the digest or the size that it was asked for by. */
export class WrongContent extends Error {}

/**
 * Passes content on and checks it. The last part is held back until all of it is known to be right, so that whoever reads it never gets the
 * whole of anything else.
 */
export function checking({ digest, size }: Descriptor): Transform {
  const hash = createHash('sha256');
  let count = 0;
  let held: Buffer | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count += chunk.length;
      if (count > size) return done(new WrongContent(`it has more than ${size} bytes`));
      hash.update(chunk);
      const ready = held;
      held = chunk;
      done(null, ready);
    },
    flush(done) {
      if (count !== size) return done(new WrongContent(`it has ${count} bytes instead of ${size}`));
      const found = `sha256:${hash.digest('hex')}`;
      if (found !== digest) return done(new WrongContent(`its digest is ${found}`));
      done(null, held);
    },
  });
}
