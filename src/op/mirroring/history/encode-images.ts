import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type RecordedImage, recordedOutcomes } from './recorded.js';

/** Bytes of a SHA-256. */
const digestBytes = 32;
const none = Buffer.alloc(digestBytes);

/** Between the lines and the digests: no reference has it. */
const end = '\0';

/** Bytes that an encoded list may have when it is unpacked: a list of a million images has fewer. */
const largest = 300_000_000;

/** Images in the form in which the store keeps them. */
export interface EncodedImages {
  /** Base64 of gzip. */
  readonly text: string;
  /** SHA-256 of what is compressed: the same images have the same. */
  readonly digest: string;
}

/**
 * A line for each image, `DESTINATION <tab> SOURCE <tab> OUTCOME`, then a NUL, then the digests in the same order, 32 bytes each, zeros for
 * none: digests cannot be compressed, and hexadecimal and Base64 of it would make a third more of them. 7,241 images take 366 kB.
 */
export function encodeImages(images: readonly RecordedImage[]): EncodedImages {
  const sorted = images.toSorted((one, other) => (one.destination < other.destination ? -1 : 1));
  const lines = sorted.map(({ destination, source, outcome }) => `${destination}\t${source}\t${outcome}\n`).join('');
  const digests = sorted.map(({ digest }) =>
    digest === null ? none : Buffer.from(digest.slice('sha256:'.length), 'hex'),
  );
  const plain = Buffer.concat([Buffer.from(`${lines}${end}`), ...digests]);
  return { text: gzipSync(plain, { level: 9 }).toString('base64'), digest: digestOf(plain) };
}

/** Reads them again. @returns undefined when it is not what was encoded */
export function decodeImages({ text, digest }: EncodedImages): readonly RecordedImage[] | undefined {
  const plain = unpack(text);
  if (plain === undefined || digestOf(plain) !== digest) return undefined;
  const split = plain.indexOf(end);
  const lines = plain.subarray(0, split).toString().split('\n').slice(0, -1);
  const digests = plain.subarray(split + 1);
  if (digests.length !== lines.length * digestBytes) return undefined;
  const images = lines.flatMap((line, index): readonly RecordedImage[] => {
    const [destination, source, word] = line.split('\t');
    const outcome = recordedOutcomes.find((one) => one === word);
    if (destination === undefined || source === undefined || outcome === undefined) return [];
    return [{ source, destination, digest: digestAt(digests, index), outcome }];
  });
  return images.length === lines.length ? images : undefined;
}

function unpack(text: string): Buffer | undefined {
  try {
    return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: largest });
  } catch {
    return undefined;
  }
}

function digestAt(digests: Buffer, index: number): string | null {
  const bytes = digests.subarray(index * digestBytes, (index + 1) * digestBytes);
  return bytes.equals(none) ? null : `sha256:${bytes.toString('hex')}`;
}

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
