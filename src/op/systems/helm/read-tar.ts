import { NotAChart } from './chart-metadata.js';

/** A file of a tar, or something else that has a name there. */
export interface TarEntry {
  readonly name: string;
  readonly kind: 'file' | 'link' | 'other';
  readonly size: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Its content, if it is read before the next entry is asked for. @throws NotAChart when the tar ends in it */
  readonly read: () => Promise<Buffer>;
}

const block = 512;
/** Bytes of the headers that say more about the entry that follows. */
const largestHeader = 1024 * 1024;

/**
 * Reads the entries of a tar one after the other; folders are left out.
 * Source: POSIX pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar, "Basic Tar Format", for long names.
 * @throws NotAChart when it is none
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = reader(chunks);
  let pax = new Map<string, string>();
  let longName: string | undefined;
  for (;;) {
    const header = await source.take(block);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    checkSum(header);
    const type = header.toString('latin1', 156, 157);
    const written = numberIn(header, 124, 12);
    if (type === 'x' || type === 'L' || type === 'g' || type === 'K') {
      if (written > largestHeader) throw new NotAChart('its archive has a header that is too long');
      const content = await source.mustTake(written);
      await source.skip(padding(written));
      if (type === 'x') pax = paxRecords(content);
      if (type === 'L') longName = textIn(content, 0, content.length);
      continue;
    }
    if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse')) || type === 'S') {
      throw new NotAChart('its archive has a sparse file');
    }
    const name = pax.get('path') ?? longName ?? nameIn(header);
    const size = pax.has('size') ? Number(pax.get('size')) : written;
    const modifiedAt = pax.has('mtime') ? Math.floor(Number(pax.get('mtime'))) : numberIn(header, 136, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw new NotAChart('its archive has a file without a size');
    pax = new Map();
    longName = undefined;
    // Links and devices have no content, whatever their header says.
    const isFile = ['0', '\0', '7'].includes(type);
    const length = isFile ? size : 0;
    let left = length;
    if (type !== '5' && !name.endsWith('/')) {
      yield {
        name,
        kind: isFile ? 'file' : type === '1' || type === '2' ? 'link' : 'other',
        size: length,
        modifiedAt,
        read: async () => {
          left = 0;
          return source.mustTake(length);
        },
      };
    }
    await source.skip(left + padding(length));
  }
}

const padding = (size: number) => (block - (size % block)) % block;

function checkSum(header: Buffer): void {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (numberIn(header, 148, 8) !== sum) throw new NotAChart('its archive is no tar, or is damaged');
}

const textIn = (bytes: Buffer, start: number, length: number): string =>
  bytes.toString('utf8', start, start + length).replace(/\0.*$/su, '');

function nameIn(header: Buffer): string {
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textIn(header, 345, 155) : '';
  const name = textIn(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal, or, as GNU tar writes what is larger, bytes. */
function numberIn(header: Buffer, start: number, length: number): number {
  if ((header[start] ?? 0) & 0x80) {
    const bytes = Buffer.from(header.subarray(start, start + length));
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    return Number(BigInt(`0x${bytes.toString('hex')}`));
  }
  const text = textIn(header, start, length).trim();
  if (!/^[0-7]*$/u.test(text)) throw new NotAChart('its archive is no tar, or is damaged');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

/** `LENGTH KEY=VALUE\n`, where the length is that of the whole record. */
function paxRecords(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(' ', at);
    const length = Number(content.toString('latin1', at, space));
    if (space < 0 || !Number.isSafeInteger(length) || length <= space - at || at + length > content.length) {
      throw new NotAChart('its archive has a header that is damaged');
    }
    const record = content.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Bytes of a stream, as many as are asked for. */
function reader(chunks: AsyncIterable<Buffer>) {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    if (done === true) return false;
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    return true;
  };
  const endsEarly = () => new NotAChart('its archive ends in the middle');
  /** Undefined at the end. */
  const take = async (size: number): Promise<Buffer | undefined> => {
    const parts: Buffer[] = [];
    let missing = size;
    while (missing > rest.length) {
      parts.push(rest);
      missing -= rest.length;
      rest = Buffer.alloc(0);
      if (await more()) continue;
      if (parts.every(({ length }) => length === 0)) return undefined;
      throw endsEarly();
    }
    parts.push(rest.subarray(0, missing));
    rest = rest.subarray(missing);
    return parts.length === 1 ? (parts[0] ?? rest) : Buffer.concat(parts);
  };
  return {
    take,
    mustTake: async (size: number): Promise<Buffer> => {
      const taken = size === 0 ? Buffer.alloc(0) : await take(size);
      if (taken === undefined) throw endsEarly();
      return taken;
    },
    skip: async (size: number): Promise<void> => {
      let missing = size;
      while (missing > rest.length) {
        missing -= rest.length;
        rest = Buffer.alloc(0);
        if (!(await more())) throw endsEarly();
      }
      rest = rest.subarray(missing);
    },
  };
}
