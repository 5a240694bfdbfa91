import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checking, type Descriptor, sha256 } from '../../systems/registry/client/content.js';
import { type Draft, startDraft } from './draft.js';
import { readDisk } from './segment/read-disk.js';
import type { Segment } from './segment/segment.js';

const { signal } = new AbortController();
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
let disk: string;
beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'draft-'));
});
afterEach(() => rm(disk, { recursive: true, force: true }));

const blobOf = (bytes: Buffer): Descriptor => ({ mediaType, digest: sha256(bytes), size: bytes.length });
const read =
  (bytes: Buffer, blob = blobOf(bytes)) =>
  async () =>
    Readable.from([bytes]).pipe(checking(blob));
const write = (draft: Draft, bytes: Buffer) => draft.write(blobOf(bytes), read(bytes), signal);
const segmentOf = (draft: Draft, ...contents: readonly Buffer[]): Omit<Segment, 'format' | 'version'> => ({
  mirror: 'site',
  chain: '7b1c6a0e-6a51-4a53-8f4e-0d3b6d1f3f10',
  sequence: 1,
  previous: null,
  baseline: null,
  createdAt: '2026-11-20T10:00:00.000Z',
  images: [],
  blobs: contents.map((bytes) => ({
    digest: sha256(bytes),
    size: bytes.length,
    files: [...draft.filesOf(sha256(bytes))],
  })),
});
const none = async () => undefined;
const names = () => readdir(join(disk, 'segments'));
const files = async (folder: string) => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

describe('a segment that is written', () => {
  it('has its name only when it is whole', async () => {
    const draft = await startDraft(disk, 1, undefined, new Set());
    const [one, two] = [randomBytes(100_000), randomBytes(0)];
    await write(draft, one);
    await write(draft, two);
    expect(await names()).toEqual([expect.stringMatching(/^000001\..*\.partial$/u)]);
    const known: string[] = [];
    const sealed = await draft.seal(segmentOf(draft, one, two), {
      signal,
      beforeNamed: async ({ digest }) => {
        expect(await names()).toEqual([expect.stringMatching(/\.partial$/u)]);
        known.push(digest);
      },
    });
    expect(known).toEqual([sealed.digest]);
    expect(await names()).toEqual(['000001']);
    expect((await readDisk(disk)).get(1)).toMatchObject({ digest: sealed.digest });
  });

  it('cuts a blob that is larger than a part, and each piece has its hash', async () => {
    const draft = await startDraft(disk, 1, 1000, new Set());
    const bytes = randomBytes(2500);
    await write(draft, bytes);
    const found = draft.filesOf(sha256(bytes));
    expect(found.map(({ part, size }) => [part, size])).toEqual([
      [1, 1000],
      [2, 1000],
      [3, 500],
    ]);
    expect(found[1]?.digest).toBe(sha256(bytes.subarray(1000, 2000)));
    await draft.seal(segmentOf(draft, bytes), { signal, beforeNamed: none });
    const pieces = (await files(join(disk, 'segments/000001'))).filter((name) => name.includes(sha256(bytes).slice(7)));
    expect(Buffer.concat(await Promise.all(pieces.toSorted().map((name) => readFile(name))))).toEqual(bytes);
  });

  it('does not have more parts than their names can count', async () => {
    const draft = await startDraft(disk, 1, 1, new Set());
    await expect(write(draft, randomBytes(10_000))).rejects.toMatchObject({ hint: 'increase --part-size' });
  });

  it('leaves out what was written for an image that failed', async () => {
    const draft = await startDraft(disk, 1, undefined, new Set());
    const [good, half] = [randomBytes(10), randomBytes(5000)];
    await write(draft, good);
    const broken = async () => Readable.from([half.subarray(0, 3000)]).pipe(checking(blobOf(half)));
    await expect(draft.write(blobOf(half), broken, signal)).rejects.toThrow('it has 3000 bytes instead of 5000');
    expect(draft.filesOf(sha256(half))).toEqual([]);
    await draft.seal(segmentOf(draft, good), { signal, beforeNamed: none });
    expect(await files(join(disk, 'segments/000001/part-0001/blobs'))).toHaveLength(1);
  });

  it('never has other content than the digest says, and may be tried again', async () => {
    const draft = await startDraft(disk, 1, undefined, new Set());
    const bytes = randomBytes(3000);
    await expect(draft.write(blobOf(bytes), read(randomBytes(3000), blobOf(bytes)), signal)).rejects.toThrow('digest');
    await write(draft, bytes);
    await draft.seal(segmentOf(draft, bytes), { signal, beforeNamed: none });
    expect(await names()).toEqual(['000001']);
  });

  it('is read back: what the disk has changed is found before it has a name', async () => {
    const draft = await startDraft(disk, 1, undefined, new Set());
    const bytes = randomBytes(3000);
    await write(draft, bytes);
    const [file = ''] = await files(join(disk, 'segments'));
    await writeFile(file, randomBytes(3000));
    await expect(draft.seal(segmentOf(draft, bytes), { signal, beforeNamed: none })).rejects.toMatchObject({
      message: 'segment 1 is not what was written',
      kind: 'tool',
    });
    expect(await names()).toEqual([expect.stringMatching(/\.partial$/u)]);
  });

  it('takes whole blobs from a run that was killed, and removes all else of it', async () => {
    const owner = `${createHash('sha256').update('gone').digest('hex').slice(0, 12)}-4711-1`;
    const folder = join(disk, 'segments', `000001.${owner}.partial`, 'part-0001/blobs/sha256');
    await mkdir(folder, { recursive: true });
    const [whole, half, other] = [randomBytes(3000), randomBytes(3000), randomBytes(100)];
    const nameOf = (bytes: Buffer) => join(folder, sha256(bytes).slice(7));
    await writeFile(nameOf(whole), whole);
    await writeFile(nameOf(half), half.subarray(0, 10));
    await writeFile(nameOf(other), other);
    const draft = await startDraft(disk, 1, undefined, new Set([sha256(whole), sha256(half)]));
    expect(await files(folder)).toHaveLength(2);
    let asked = 0;
    for (const bytes of [whole, half]) {
      const content = read(bytes);
      await draft.write(
        blobOf(bytes),
        () => {
          asked += 1;
          return content();
        },
        signal,
      );
    }
    expect(asked).toBe(1);
    await draft.seal(segmentOf(draft, whole, half), { signal, beforeNamed: none });
    expect(await names()).toEqual(['000001']);
  });

  it('is refused while another run writes there', async () => {
    await startDraft(disk, 1, undefined, new Set());
    await expect(startDraft(disk, 1, undefined, new Set())).rejects.toMatchObject({
      kind: 'refused',
      message: 'another run writes to this disk',
    });
  });

  it('follows no links of the disk', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'draft-elsewhere-'));
    const bytes = randomBytes(10);
    await writeFile(join(elsewhere, sha256(bytes).slice(7)), bytes);
    await mkdir(join(disk, 'segments'));
    await symlink(elsewhere, join(disk, 'segments/000001.left-000000000000.partial'));
    await startDraft(disk, 1, undefined, new Set([sha256(bytes)]));
    expect(await readdir(elsewhere)).toHaveLength(1);
    expect(await names()).toHaveLength(1);
    await rm(join(disk, 'segments'), { recursive: true });
    await symlink(elsewhere, join(disk, 'segments'));
    await expect(startDraft(disk, 1, undefined, new Set())).rejects.toMatchObject({
      message: `${disk} is not as op writes it`,
    });
    await rm(elsewhere, { recursive: true });
  });

  it('fails with what the disk says', async () => {
    await writeFile(join(disk, 'segments'), '');
    await expect(startDraft(disk, 1, undefined, new Set())).rejects.toMatchObject({ kind: 'tool' });
    await rm(join(disk, 'segments'));
    await chmod(disk, 0o500);
    // The rights do not bind root.
    if (process.getuid?.() !== 0) {
      await expect(startDraft(disk, 1, undefined, new Set())).rejects.toMatchObject({
        kind: 'tool',
        hint: 'give the user of op the right to write there',
      });
    }
    await chmod(disk, 0o700);
  });
});
