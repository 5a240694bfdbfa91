import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDiskPair, type DiskPair, segmentIn } from '../../../../test/op/disk-pair.js';
import { type LocalRegistry, startPlainRegistry, startReferrersRegistry } from '../../../../test/op/local-registry.js';
import { attach, pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { referrersAt, signByTag } from '../../../../test/op/pushed-signature.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

const signature = 'application/vnd.cncf.notary.signature';
const sbom = 'application/spdx+json';

const registries = new Map<string, readonly [LocalRegistry, LocalRegistry]>();
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let pair: DiskPair;
let count = 0;
let from: string;
let to: string;

beforeAll(async () => {
  registries.set('API', [await startReferrersRegistry(), await startReferrersRegistry()]);
  registries.set('tag', [await startPlainRegistry(), await startPlainRegistry()]);
});
afterAll(() => Promise.all([...registries.values()].flat().map(({ stop }) => stop())));
beforeEach(async () => {
  count += 1;
  pair = await createDiskPair();
});
afterEach(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await pair.remove();
});

async function between(source: string, destination: string) {
  const behind = [registries.get(source)?.[0].host ?? '', registries.get(destination)?.[1].host ?? ''];
  [here, there] = await Promise.all([startUnrulyRegistry(behind[0] ?? ''), startUnrulyRegistry(behind[1] ?? '')]);
  [from, to] = [`${behind[0]}/hub${count}/app`, `${behind[1]}/site${count}/app`];
}
const fileFor = (referrers: string) =>
  `version: 1\nsources: [{ from: '${here.host}/hub${count}/app:v1', to: '${there.host}/site${count}/app', referrers: ${referrers} }]\n`;
const write = (referrers: string) => pair.write(fileFor(referrers));
const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const tagOf = (digest: string) => digest.replace(':', '-');
const isPull = ({ method, path }: Asked) => method === 'GET' && /\/(?:manifests|blobs)\//u.test(path);
const isWrite = ({ method }: Asked) => !['GET', 'HEAD'].includes(method);
const removeSegment = (name: string) => rm(join(pair.disk, 'segments', name), { recursive: true });
/** Digests of what a segment brings. */
async function broughtBy(name: string): Promise<readonly string[]> {
  const { blobs }: { blobs: readonly { digest: string; files?: unknown }[] } = await segmentIn(pair.disk, name);
  return blobs.filter(({ files }) => files !== undefined).map(({ digest }) => digest);
}

describe.each([
  ['API', 'tag'],
  ['tag', 'API'],
])('by way of a disk, from a registry with an %s to one with an %s', (source, destination) => {
  beforeEach(() => between(source, destination));

  it('what refers to an image, to its platforms and to that arrives; then nothing is read, and no segment is written', async () => {
    const { index, images } = await pushIndex(`${from}:v1`);
    const [image = ''] = images;
    const ofIndex = [await attach(`${from}@${index}`, signature), await attach(`${from}@${index}`, sbom)];
    const ofImage = await attach(`${from}@${image}`, sbom, 'of one platform');
    const ofSbom = await attach(`${from}@${ofImage}`, signature, 'of the SBOM');
    const bySign = await signByTag(`${from}@${index}`, ['theirs']);
    await write('{ copy: all, required: [.sig] }');
    const sent = await pair.send();
    expect(sent.images).toMatchObject([{ outcome: 'copied', verified: true, referrers: 5, left: [] }]);
    expect(await segmentIn(pair.disk, '000001')).toMatchObject({ version: 2 });
    here.calm();
    const received = await pair.receive({ deep: true });
    expect(received.images).toMatchObject([{ outcome: 'copied', verified: true, referrers: 5, left: [] }]);
    expect(here.requests).toEqual([]);
    expect(await referrersAt(`${to}@${index}`)).toEqual(ofIndex.toSorted());
    expect(await referrersAt(`${to}@${image}`)).toEqual([ofImage]);
    expect(await referrersAt(`${to}@${ofImage}`)).toEqual([ofSbom]);
    expect(await digestAt(`${to}:${tagOf(index)}.sig`)).toBe(bySign);
    expect(await registryTool('regctl', ['artifact', 'get', `--subject=${to}@${image}`])).toBe('of one platform');

    here.calm();
    there.calm();
    expect((await pair.send()).totals).toMatchObject({ unchanged: 1, copied: 0, attached: 0 });
    expect(here.requests.filter(isPull)).toEqual([]);
    expect((await pair.receive()).totals).toMatchObject({ unchanged: 1 });
    expect(there.requests.filter(isWrite)).toEqual([]);
  });

  it('a signature that was added to an unchanged image goes alone, and those of the destination stay', async () => {
    const image = await pushImage(`${from}:v1`, 50_000);
    const first = await attach(`${from}@${image}`, signature, 'first');
    await signByTag(`${from}@${image}`, ['theirs']);
    await write('{ copy: all }');
    await pair.send();
    await pair.receive();
    const own = await attach(`${to}@${image}`, signature, 'signed at the destination');
    const second = await attach(`${from}@${image}`, signature, 'second');
    const grown = await signByTag(`${from}@${image}`, ['theirs', 'and a second one']);
    expect((await pair.send()).images).toMatchObject([{ outcome: 'attached', referrers: 3 }]);
    const brought = await broughtBy('000002');
    expect(brought).toEqual(expect.arrayContaining([second, grown]));
    expect(brought).not.toContain(image);
    expect(brought).not.toContain(first);
    await removeSegment('000001');
    expect((await pair.receive({ deep: true })).images).toMatchObject([{ outcome: 'attached', verified: true }]);
    expect(await referrersAt(`${to}@${image}`)).toEqual([first, own, second].toSorted());
    expect(await digestAt(`${to}:${tagOf(image)}.sig`)).toBe(grown);
  });
});

describe('by way of a disk', () => {
  beforeEach(() => between('API', 'API'));

  it('an image without what it must have is not written, and a receiver that wants no referrers gets none', async () => {
    const image = await pushImage(`${from}:v1`);
    await write('{ copy: all, required: [.sig] }');
    const error = await pair.send().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ why: expect.stringMatching(/app:v1: missing: nothing at the source .* is \.sig/u) });
    await signByTag(`${from}@${image}`, ['theirs']);
    await attach(`${from}@${image}`, sbom);
    await pair.send();
    await pair.receiver.write('mirror.yaml', fileFor('{ copy: none }'));
    expect((await pair.receive({ deep: true })).images).toMatchObject([{ outcome: 'copied', referrers: 0 }]);
    expect([await referrersAt(`${to}@${image}`), await digestAt(`${to}:${tagOf(image)}.sig`)]).toEqual([[], undefined]);
    // Later it does, from the same disk.
    await pair.receiver.write('mirror.yaml', fileFor('{ copy: [.sig], required: [.sig] }'));
    expect((await pair.receive()).images).toMatchObject([{ outcome: 'attached', referrers: 1 }]);
    expect(await digestAt(`${to}:${tagOf(image)}.sig`)).toMatch(/^sha256:/u);
  });

  it('a signature that the destination has lost comes back with a disk that has it', async () => {
    const image = await pushImage(`${from}:v1`);
    const signed = await attach(`${from}@${image}`, signature);
    await write(`{ copy: [${signature}] }`);
    await pair.send();
    await pair.receive();
    await registryTool('regctl', ['manifest', 'delete', `${to}@${signed}`]);
    expect((await pair.receive()).images).toMatchObject([{ outcome: 'attached', verified: true }]);
    expect(await referrersAt(`${to}@${image}`)).toEqual([signed]);
  });

  it('what a changed segment says refers to an image, and does not, is left, with the reason', async () => {
    const image = await pushImage(`${from}:v1`);
    await write('{ copy: all }');
    await pair.send();
    const file = join(pair.disk, 'segments/000001/segment.json');
    const segment = await segmentIn(pair.disk, '000001');
    segment.images[0].referrers = [{ subject: image, kind: signature, digest: image }];
    await writeFile(file, JSON.stringify({ ...segment, version: 2 }));
    expect((await pair.receive()).images).toMatchObject([
      { outcome: 'copied', referrers: 0, left: [{ why: 'it is listed, and refers to something else' }] },
    ]);
    expect(await referrersAt(`${to}@${image}`)).toEqual([]);
  });
});
