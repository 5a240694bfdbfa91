import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesIn, createDiskPair, type DiskPair, filesIn, segmentIn } from '../../../../test/op/disk-pair.js';
import { startForwarder } from '../../../../test/op/forwarder.js';
import { type LocalRegistry, startPasswordRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let other: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let pair: DiskPair;
let count = 0;
let source: string;
let target: string;

beforeAll(async () => {
  [registry, other] = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
  [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(other.host)]);
});
afterAll(() => Promise.all([here?.stop(), there?.stop(), registry?.stop(), other?.stop()]));
beforeEach(async () => {
  count += 1;
  source = `${here.host}/hub${count}`;
  target = `${there.host}/site${count}`;
  pair = await createDiskPair();
  here.calm();
  there.calm();
});
afterEach(() => pair.remove());

const direct = (reference: string) => reference.replace(here.host, registry.host).replace(there.host, other.host);
const digestAt = (reference: string) => registryTool('crane', ['digest', direct(reference)]).catch(() => undefined);
const push = (name: string, bytes = 1000) => pushImage(direct(`${source}/${name}`), bytes);
const isWrite = ({ method }: Asked) => !['GET', 'HEAD'].includes(method);
const isPull = ({ method, path }: Asked) => method === 'GET' && /\/(?:manifests|blobs)\//u.test(path);
const isUpload = ({ method, path }: Asked) => method === 'PUT' && path.includes('/blobs/uploads/');
const isBlob = ({ method, path }: Asked) => method === 'GET' && path.includes('/blobs/');
const segments = async () => (await readdir(join(pair.disk, 'segments')).catch(() => [])).toSorted();
const segment = (name: string, ...rest: string[]) => join(pair.disk, 'segments', name, ...rest);
const anyOf = (...names: readonly string[]) =>
  `version: 1\ndefaults: { to: '${target}/{name}' }\nsources:\n${names.map((name) => `  - { from: '${source}/${name}', tags: { regex: '.*' } }\n`).join('')}`;
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const lines = () => pair.sender.printed.join('\n');

describe('a mirror by way of a disk', () => {
  it('brings images, indexes, pinned tags and digests with the same digests, and then writes nothing', async () => {
    const web = await push('web:v1');
    const { index } = await pushIndex(direct(`${source}/multi:v1`));
    const [first, second] = [await push('db:x'), await push('db:y')];
    await pair.write(`version: 1
defaults: { to: '${target}/{name}' }
sources:
  - { from: '${source}/web', tags: { regex: 'v.*' } }
  - { from: '${source}/multi:v1', to: '${target}/renamed:{tag}-site' }
  - { from: '${source}/db', digests: ['${first}', '${second}'] }
  - { from: '${source}/db:stable@${second}' }
`);
    expect((await pair.send()).totals).toMatchObject({ copied: 5, failed: 0 });
    expect(there.requests).toEqual([]);
    here.calm();
    const report = await pair.receive({ deep: true });
    expect(here.requests).toEqual([]);
    expect(report.totals).toMatchObject({ copied: 5, failed: 0, wrong: 0 });
    expect(report.images.every(({ verified }) => verified)).toBe(true);
    expect(await digestAt(`${target}/web:v1`)).toBe(web);
    expect(await digestAt(`${target}/renamed:v1-site`)).toBe(index);
    expect(await digestAt(`${target}/db@${first}`)).toBe(first);
    expect(await digestAt(`${target}/db@${second}`)).toBe(second);
    expect(await digestAt(`${target}/db:stable`)).toBe(second);
    await registryTool('crane', ['validate', '--remote', direct(`${target}/renamed:v1-site`)]);

    here.calm();
    there.calm();
    expect((await pair.send()).totals).toMatchObject({ unchanged: 5, copied: 0 });
    expect(here.requests.filter(isPull)).toEqual([]);
    expect(await segments()).toEqual(['000001']);
    expect(lines()).toContain('segment: none is written, because nothing has changed since segment 1');
    // The same disk again is harmless.
    expect((await pair.receive()).totals).toMatchObject({ unchanged: 5, copied: 0 });
    expect(there.requests.filter(isWrite)).toEqual([]);
  });

  it('brings only what has changed: one layer of one image, and manifests', async () => {
    await push('base:v1', 400_000);
    await push('app:v1', 300_000);
    await pair.write(anyOf('base', 'app'));
    await pair.send();
    await pair.receive();
    const layer = 50_000;
    const file = join(pair.sender.path, 'layer');
    await mkdir(file);
    await writeFile(join(file, 'content'), Buffer.alloc(layer, 'x'));
    const { execa } = await import('execa');
    await execa('tar', ['-C', file, '-cf', `${file}.tar`, 'content']);
    const app = direct(`${source}/app:v1`);
    await registryTool('crane', ['append', '-b', app, '-f', `${file}.tar`, '-t', app]);
    here.calm();
    there.calm();
    expect((await pair.send()).totals).toMatchObject({ overwritten: 1, unchanged: 1 });
    // The layer and the configuration.
    expect(here.requests.filter(isBlob)).toHaveLength(2);
    const { blobs } = await segmentIn(pair.disk, '000002');
    const brought = blobs.filter((blob: { files?: unknown }) => blob.files !== undefined);
    expect(brought).toHaveLength(3);
    expect(await bytesIn(segment('000002'))).toBeLessThan(layer + 15_000);
    // Only the new one is carried over.
    await rm(segment('000001'), { recursive: true });
    expect((await pair.receive({ deep: true })).totals).toMatchObject({ overwritten: 1, unchanged: 1, wrong: 0 });
    expect(there.requests.filter(isUpload)).toHaveLength(2);
    expect(await digestAt(`${target}/app:v1`)).toBe(await digestAt(`${source}/app:v1`));
  });

  it('takes what a disk does not have from another repository of the destination, also of another registry', async () => {
    await push('base:v1', 200_000);
    await pair.write(anyOf('base'));
    await pair.send();
    await pair.receive();
    await registryTool('crane', [
      'mutate',
      '--label',
      'x=1',
      '-t',
      direct(`${source}/app:v1`),
      direct(`${source}/base:v1`),
    ]);
    await pair.write(`${anyOf('base')}  - { from: '${source}/app:v1', to: '${registry.host}/elsewhere${count}' }\n`);
    await pair.send();
    await rm(segment('000001'), { recursive: true });
    expect((await pair.receive({ deep: true })).totals).toMatchObject({ copied: 1, unchanged: 1, wrong: 0 });
    await registryTool('crane', ['validate', '--remote', `${registry.host}/elsewhere${count}:v1`]);
  });

  it('applies several segments at once, and refuses a gap', async () => {
    await push('app:v1');
    await pair.write(anyOf('app'));
    await pair.send();
    await push('app:v2');
    await pair.send();
    await push('app:v3');
    await pair.send();
    expect(await segments()).toEqual(['000001', '000002', '000003']);
    const away = `${pair.disk}-away`;
    await rename(segment('000002'), away);
    const error = await failed(pair.receive());
    expect(error).toMatchObject({ kind: 'refused', message: 'segment 3 builds on segment 2, which is missing' });
    expect(there.requests).toEqual([]);
    await rename(away, segment('000002'));
    expect((await pair.receive()).totals).toMatchObject({ copied: 3 });
  });

  it('keeps some platforms only, as the mirror files say', async () => {
    const { images } = await pushIndex(direct(`${source}/multi:v1`));
    const file = (as: string) =>
      `version: 1\nsources: [{ from: '${source}/multi:v1', to: '${target}/multi', platforms: { keep: [linux/arm64], as: ${as} } }]\n`;
    await pair.write(file('rewrite'));
    await pair.send();
    expect((await pair.receive({ deep: true })).totals).toMatchObject({ copied: 1, wrong: 0 });
    const { manifests } = JSON.parse(await registryTool('crane', ['manifest', direct(`${target}/multi:v1`)]));
    expect(manifests.map(({ digest }: { digest: string }) => digest)).toEqual([images[1]]);
    await pair.send();
    expect((await pair.receive()).totals).toMatchObject({ unchanged: 1 });
    await pair.write(file('child'));
    expect((await pair.send()).totals).toMatchObject({ overwritten: 1 });
    expect((await pair.receive({ deep: true })).totals).toMatchObject({ overwritten: 1, wrong: 0 });
    expect(await digestAt(`${target}/multi:v1`)).toBe(images[1]);
  });

  it('writes parts of a size, cuts what is larger, and other tools read it when its parts are put together', async () => {
    const big = await push('big:v1', 350_000);
    const small = await push('small:v1', 20_000);
    await pair.write(anyOf('big', 'small'));
    await pair.send({ partSize: '100KB' });
    const parts = (await readdir(segment('000001'))).filter((name) => name.startsWith('part-'));
    expect(parts.length).toBeGreaterThanOrEqual(4);
    for (const part of parts) {
      const files = [...(await filesIn(segment('000001', part, 'blobs'))).values()];
      expect(files.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(100_000);
    }
    expect((await pair.receive({ deep: true })).totals).toMatchObject({ copied: 2, wrong: 0 });
    expect(await digestAt(`${target}/big:v1`)).toBe(big);

    const layout = join(pair.sender.path, 'layout');
    for (const part of parts) await cp(segment('000001', part), layout, { recursive: true });
    const folder = join(layout, 'blobs/sha256');
    const pieces = (await readdir(folder)).filter((name) => name.includes('.')).toSorted();
    const [hex = ''] = pieces[0]?.split('.') ?? [];
    await writeFile(
      join(folder, hex),
      Buffer.concat(await Promise.all(pieces.map((name) => readFile(join(folder, name))))),
    );
    for (const [name, digest] of [
      ['big', big],
      ['small', small],
    ]) {
      const copy = direct(`${target}/by-regctl-${name}:v1`);
      await registryTool('regctl', ['image', 'copy', `ocidir://${layout}@${digest}`, copy]);
      await registryTool('crane', ['validate', '--remote', copy]);
      expect(await digestAt(copy)).toBe(digest);
    }
  });

  it('chooses what a segment builds on, and says so', async () => {
    await push('app:v1', 100_000);
    await pair.write(anyOf('app'));
    await pair.send({ since: '2026-01-01' });
    expect(lines()).toContain('baseline: none: the history has no segment, so the segment is full');
    await push('app:v2', 50_000);
    await pair.send();
    expect(lines()).toMatch(/baseline: segment 1 of \d/u);
    await push('app:v3', 20_000);
    await pair.send({ baseline: '1' });
    expect((await segmentIn(pair.disk, '000003')).baseline.sequence).toBe(1);
    expect(await bytesIn(segment('000003'))).toBeGreaterThan(70_000);
    // The one that was lost on the way is not needed.
    await rm(segment('000002'), { recursive: true });
    expect((await pair.receive()).totals).toMatchObject({ copied: 3 });
    await pair.send({ sinceDate: '2025-01-01' });
    expect(lines()).toContain('baseline: none: no segment was written on or before 2025-01-01, so the segment is full');
    await pair.send({ incrementalMode: false });
    expect(lines()).toContain('baseline: none: a full segment was asked for');
    expect(await bytesIn(segment('000005'))).toBeGreaterThan(170_000);
    expect(await failed(pair.send({ full: true, since: '2026-01-01' }))).toMatchObject({ kind: 'usage' });
    expect(await failed(pair.send({ since: 'yesterday' }))).toMatchObject({ kind: 'usage' });
  });

  it('is a full segment again when what earlier segments have is lost', async () => {
    await push('app:v1', 100_000);
    await pair.write(anyOf('app'));
    await pair.send();
    await rm(join(pair.sender.path, 'mirror/segments'), { recursive: true });
    await push('app:v2');
    // The disk has it, and its hash is in the history.
    await pair.send();
    expect((await segmentIn(pair.disk, '000002')).baseline.sequence).toBe(1);
    await rm(join(pair.sender.path, 'mirror/segments'), { recursive: true });
    await rm(join(pair.disk, 'segments'), { recursive: true });
    await pair.send();
    expect(lines()).toMatch(/baseline: none: what segment 2 has is not known any more .*, so the segment is full/u);
    expect((await segmentIn(pair.disk, '000003')).baseline).toBeNull();
  });
});

describe('a run that was killed before it recorded its segment', () => {
  it('is found by the next one, which records it, or says that it is damaged', async () => {
    await push('app:v1', 20_000);
    await pair.write(anyOf('app'));
    await pair.send();
    const store = join(pair.sender.path, 'mirror/store');
    await rm(store, { recursive: true });
    const [blob = ''] = [...(await filesIn(segment('000001', 'part-0001', 'blobs'))).keys()];
    const bytes = await readFile(blob);
    await writeFile(blob, bytes.subarray(1));
    expect(await failed(pair.send())).toMatchObject({
      kind: 'refused',
      message: 'segment 1 was not recorded, and is damaged',
      hint: `remove ${segment('000001')}, and run this again`,
    });
    await writeFile(blob, bytes);
    here.calm();
    expect((await pair.send()).totals).toMatchObject({ unchanged: 1 });
    expect(lines()).toContain('segment 1 is on the disk and whole; the run that wrote it was stopped: recorded now');
    expect(here.requests.filter(isPull)).toEqual([]);
    expect(await segments()).toEqual(['000001']);
    expect((await pair.receive()).totals).toMatchObject({ copied: 1 });
  });
});

describe('a disk that is not as it was written', () => {
  const anyBlob = async () => {
    const files = [...(await filesIn(segment('000001', 'part-0001', 'blobs')))].toSorted(
      ([, one], [, two]) => two - one,
    );
    return files[0]?.[0] ?? '';
  };

  beforeEach(async () => {
    await push('app:v1', 50_000);
    await pair.write(anyOf('app'));
    await pair.send();
    there.calm();
  });

  it.each<readonly [name: string, spoil: (blob: string) => Promise<unknown>, why: RegExp]>([
    ['a blob is missing', (blob) => rm(blob), /blobs\/sha256\/[0-9a-f]+: it is not there/u],
    ['a blob is cut off', (blob) => truncate(blob, 1000), /it has 1000 bytes instead of \d+/u],
    [
      'a blob is longer',
      async (blob) => writeFile(blob, Buffer.concat([await readFile(blob), Buffer.from('x')])),
      /bytes instead of/u,
    ],
    [
      'a byte is another one',
      async (blob) => {
        const bytes = await readFile(blob);
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        await writeFile(blob, bytes);
      },
      /its content is not what segment\.json says/u,
    ],
    [
      'a blob is a link to what has its content',
      async (blob) => {
        await rename(blob, join(pair.disk, 'elsewhere'));
        await symlink(join(pair.disk, 'elsewhere'), blob);
      },
      /it is a symbolic link/u,
    ],
    [
      'a part is a link',
      async () => {
        await rename(segment('000001', 'part-0001'), join(pair.disk, 'part'));
        await symlink(join(pair.disk, 'part'), segment('000001', 'part-0001'));
      },
      /part-0001 is not a folder, or a link to one/u,
    ],
    [
      'the index is another one',
      () => writeFile(segment('000001', 'part-0001', 'index.json'), '{}'),
      /index\.json: it has 2 bytes/u,
    ],
    ['segment.json is no JSON', () => writeFile(segment('000001', 'segment.json'), '{'), /segment\.json: /u],
    ['segment.json is missing', () => rm(segment('000001', 'segment.json')), /segment\.json: it is not there/u],
    ['the folder has another number', () => rename(segment('000001'), segment('000002')), /it is segment 1/u],
    [
      'a blob is a path',
      async () => {
        const file = segment('000001', 'segment.json');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replaceAll(/sha256:[0-9a-f]{64}/gu, 'sha256:../../../../../../etc/passwd'));
      },
      /Invalid format/u,
    ],
  ])('is refused before a single push when %s', async (_, spoil, why) => {
    await spoil(await anyBlob());
    const error = await failed(pair.receive());
    expect(error).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) });
    expect(there.requests).toEqual([]);
  });

  it('is refused when it names an image that the mirror file does not select', async () => {
    await pair.receiver.write('mirror.yaml', anyOf('app').replace("'.*'", "'v2'"));
    const error = await failed(pair.receive());
    expect(error).toMatchObject({ kind: 'refused', why: `${source}/app:v1` });
    expect(there.requests.filter(isWrite)).toEqual([]);
  });

  it('is refused when it has another image than the mirror file pins', async () => {
    const [right, wrong] = [await push('pinned:a'), await push('pinned:b')];
    await pair.sender.write(
      'mirror.yaml',
      `version: 1\nsources: [{ from: '${source}/pinned:v1@${wrong}', to: '${target}/pinned' }]\n`,
    );
    await pair.receiver.write(
      'mirror.yaml',
      `version: 1\nsources: [{ from: '${source}/pinned:v1@${right}', to: '${target}/pinned' }]\n`,
    );
    await pair.send();
    for (const file of [segment('000002', 'segment.json'), segment('000002', 'part-0001', 'index.json')]) {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(`pinned:v1@${wrong}`, `pinned:v1@${right}`));
    }
    const error = await failed(pair.receive());
    expect(error).toMatchObject({ kind: 'refused', message: expect.stringContaining('the disk has another image as') });
    expect(there.requests.filter(isWrite)).toEqual([]);
  });

  it('is refused when it is older, or of another chain, unless that is accepted', async () => {
    await pair.receive();
    await rename(join(pair.disk, 'segments'), join(pair.disk, 'first'));
    await push('app:v2');
    await pair.send();
    await pair.receive();
    await rename(join(pair.disk, 'segments'), join(pair.disk, 'second'));
    await rename(join(pair.disk, 'first'), join(pair.disk, 'segments'));
    expect(await failed(pair.receive())).toMatchObject({ message: 'segment 1 is older than what this side has' });
    // The sender begins anew.
    await rm(join(pair.disk, 'segments'), { recursive: true });
    await rm(join(pair.sender.path, 'mirror'), { recursive: true });
    await pair.send();
    there.calm();
    expect(await failed(pair.receive())).toMatchObject({ message: 'segment 1 belongs to another chain of segments' });
    expect(there.requests).toEqual([]);
    const { chain } = await segmentIn(pair.disk, '000001');
    expect((await pair.receive({ chain })).totals).toMatchObject({ unchanged: 2 });
    await push('app:v3');
    await pair.send();
    expect((await pair.receive()).totals).toMatchObject({ copied: 1 });
  });

  it('is not written to when it has segments that the history does not know', async () => {
    await rm(join(pair.sender.path, 'mirror'), { recursive: true });
    here.calm();
    const error = await failed(pair.send());
    expect(error).toMatchObject({ kind: 'refused', why: 'it was not written here' });
    expect(here.requests).toEqual([]);
  });

  it('has segments and nothing else that is read', async () => {
    await mkdir(join(pair.disk, 'segments', '000009.x.partial'));
    await writeFile(join(pair.disk, 'segments', 'readme'), '');
    expect((await pair.receive()).totals).toMatchObject({ copied: 1 });
  });
});

describe('a registry that fails while a disk is written or read', () => {
  it('does not stop the other images; the segment has them, and the next one has the rest', async () => {
    await push('one:v1');
    const two = await push('two:v1', 5000);
    await pair.write(anyOf('one', 'two'));
    here.behave((asked) => (asked.path.includes('/two/blobs/') ? { status: 502 } : undefined));
    const error = await failed(pair.send());
    expect(error).toMatchObject({ kind: 'tool', message: 'not mirrored: 1 of 2 images; the others are' });
    expect((await segmentIn(pair.disk, '000001')).images.map((image: { source: string }) => image.source)).toEqual([
      `${source}/one:v1`,
    ]);
    expect(await pair.sender.read('mirror/retry.txt')).toBe(`${source}/two:v1\n`);
    here.calm();
    await pair.send();
    await pair.receive();
    expect(await digestAt(`${target}/two:v1`)).toBe(two);
  });

  it('cannot be listed for once: the next segment is not larger for it', async () => {
    await push('one:v1', 100_000);
    await push('two:v1', 100_000);
    await pair.write(anyOf('one', 'two'));
    await pair.send();
    await push('two:v2', 1000);
    here.behave(({ path }) => (path.includes('/one/tags') ? { status: 500 } : undefined));
    await failed(pair.send());
    here.calm();
    await push('one:v2', 1000);
    await pair.send();
    expect(await bytesIn(segment('000003'))).toBeLessThan(20_000);
    expect((await pair.receive()).totals).toMatchObject({ copied: 4 });
  });

  it('gets an image that failed from the same disk again, and only then counts the segment as applied', async () => {
    await push('one:v1');
    await push('two:v1');
    await pair.write(anyOf('one', 'two'));
    await pair.send();
    there.behave((asked) => (isWrite(asked) && asked.path.includes('/two/') ? { status: 500 } : undefined));
    const error = await failed(pair.receive());
    expect(error.why).toMatch(/two:v1: failed/u);
    expect(pair.receiver.printed.join('\n')).toContain('segment 1 is not applied: run the same command again');
    there.calm();
    expect((await pair.receive()).totals).toMatchObject({ copied: 1, unchanged: 1 });
    expect(pair.receiver.printed.at(-1)).toBeDefined();
    expect(pair.receiver.printed).toContain('segment 1 is applied');
  });

  it('sends other content than its digest: that never gets to the disk', async () => {
    await push('one:v1', 5000);
    await pair.write(anyOf('one'));
    here.behave((asked) => (isBlob(asked) ? { status: 200, body: 'x'.repeat(1000) } : undefined));
    const error = await failed(pair.send());
    expect(error.why).toMatch(/the source sent other content/u);
    expect(await segments()).not.toContain('000001');
    here.calm();
    await pair.send();
    expect((await pair.receive({ deep: true })).totals).toMatchObject({ copied: 1 });
  });

  it('has lost what earlier segments brought: the image fails, and says what to bring', async () => {
    await push('base:v1', 20_000);
    await pair.write(anyOf('base'));
    await pair.send();
    await pair.receive();
    await registryTool('crane', [
      'mutate',
      '--label',
      'x=1',
      '-t',
      direct(`${source}/base:v2`),
      direct(`${source}/base:v1`),
    ]);
    await pair.send();
    const first = `${pair.disk}-first`;
    await rename(segment('000001'), first);
    there.behave(({ method, path }) => (method === 'HEAD' && path.includes('/blobs/') ? { status: 404 } : undefined));
    const error = await failed(pair.receive());
    expect(error.why).toMatch(/base:v2: unknown: .*was in an earlier segment than 2, and the destination has lost it/u);
    await rename(first, segment('000001'));
    expect((await pair.receive()).totals).toMatchObject({ copied: 1 });
  });

  it('is down for a while: everything arrives', async () => {
    await push('one:v1', 100_000);
    const forwarder = await startForwarder(Number(there.host.split(':')[1]));
    try {
      await pair.write(anyOf('one').replaceAll(there.host, `localhost:${forwarder.port}`));
      await pair.send();
      let isDown = false;
      there.behave((asked) => {
        if (!isUpload(asked) || isDown) return undefined;
        isDown = true;
        forwarder.close();
        setTimeout(forwarder.open, 1500);
        return undefined;
      });
      expect((await pair.receive({ pauses: [200, 500, 1000, 2000] })).totals).toMatchObject({ copied: 1 });
      expect(isDown).toBe(true);
    } finally {
      await forwarder.stop();
    }
  });

  it('never answers an upload: the image ends with its time limit, and the others arrive', async () => {
    await push('one:v1', 10_000);
    await push('two:v1', 10_000);
    await pair.write(anyOf('one', 'two').replace('version: 1\n', 'version: 1\nrun: { timeout: 2s, retries: 1 }\n'));
    await pair.send();
    there.behave((asked) => (isUpload(asked) && asked.path.includes('/two/') ? { delay: 600_000 } : undefined));
    const error = await failed(pair.receive());
    expect(error.why).toMatch(/two:v1: failed: .*took longer than 2 s/u);
    expect(await digestAt(`${target}/one:v1`)).toBeDefined();
  });

  it('does not take the credentials: nothing is pushed, and the segment is not applied', async () => {
    await push('one:v1');
    const locked = await startPasswordRegistry();
    try {
      await pair.write(anyOf('one').replaceAll(there.host, locked.host));
      await pair.send();
      const error = await failed(pair.receive());
      expect(error).toMatchObject({ kind: 'tool', why: expect.stringMatching(/401|UNAUTHORIZED|credentials/u) });
      expect(pair.receiver.printed).not.toContain('segment 1 is applied');
    } finally {
      await locked.stop();
    }
  });
});
