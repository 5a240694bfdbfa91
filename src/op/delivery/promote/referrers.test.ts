import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry, startReferrersRegistry } from '../../../../test/op/local-registry.js';
import { promoteRoom } from '../../../../test/op/promote-room.js';
import { attach, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { firstTimes, startUnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let withTag: LocalRegistry;
let withApi: LocalRegistry;
let count = 0;

beforeAll(async () => {
  [withTag, withApi] = await Promise.all([startPlainRegistry(), startReferrersRegistry()]);
});
afterAll(async () => {
  await Promise.all([withTag?.stop(), withApi?.stop()]);
});

const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const referrersAt = async (image: string) =>
  (
    await registryTool('regctl', ['artifact', 'list', image, '--format={{range .Descriptors}}{{.Digest}} {{end}}'])
  ).split(' ');

/** An image for two platforms with all kinds of things that refer to it. */
async function signedImage(repository: string) {
  const { index, images } = await pushIndex(`${repository}/web:v1`);
  const [amd64 = ''] = images;
  const image = `${repository}/web`;
  const signature = await attach(`${image}@${index}`, 'application/vnd.example.signature');
  const sbom = await attach(`${image}@${index}`, 'application/vnd.example.sbom');
  const ofPlatform = await attach(`${image}@${amd64}`, 'application/vnd.example.attestation');
  const nested = await attach(`${image}@${sbom}`, 'application/vnd.example.signature', 'of the sbom');
  const tags = ['sig', 'att', 'sbom'].map((kind) => `${index.replace(':', '-')}.${kind}`);
  const cosign = await Promise.all(
    tags.map((tag) =>
      registryTool(
        'regctl',
        ['artifact', 'put', `${image}:${tag}`, '--format={{.Manifest.GetDescriptor.Digest}}'],
        tag,
      ),
    ),
  );
  return { index, amd64, signature, sbom, ofPlatform, nested, tags, cosign };
}

/** Starts registries of both kinds in turns. */
const sides: readonly (readonly [from: 'tag' | 'API', to: 'tag' | 'API'])[] = [
  ['tag', 'tag'],
  ['tag', 'API'],
  ['API', 'tag'],
  ['API', 'API'],
];
const registryWith = (kind: 'tag' | 'API') => (kind === 'tag' ? withTag : withApi);

describe('what refers to an image', () => {
  it.each(sides)('goes along from a registry with referrers by %s to one by %s', async (from, to) => {
    count += 1;
    const dev = `${registryWith(from).host}/dev${count}`;
    const pp = `${registryWith(to).host}/pp${count}`;
    const image = await signedImage(dev);
    const room = await promoteRoom({ dev, pp });
    await room.built({ web: `${dev}/web:v1@${image.index}` });
    await room.promote();
    expect(await digestAt(`${pp}/web:v1`)).toBe(image.index);
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    expect(await referrersAt(`${pp}/web@${image.amd64}`)).toContain(image.ofPlatform);
    expect(await referrersAt(`${pp}/web@${image.sbom}`)).toContain(image.nested);
    expect(await Promise.all(image.tags.map((tag) => digestAt(`${pp}/web:${tag}`)))).toEqual(image.cosign);
    expect(JSON.parse((await room.read('promotion_result.json')) ?? '').images[0].referrers).toBe(7);
    await room.remove();
  });

  it('stays behind with --referrers=false', async () => {
    const [dev, pp] = [`${withApi.host}/dev-none`, `${withApi.host}/pp-none`];
    const image = await signedImage(dev);
    const room = await promoteRoom({ dev, pp });
    await room.built({ web: `${dev}/web:v1@${image.index}` });
    await room.promote({ referrers: false });
    expect(await digestAt(`${pp}/web:v1`)).toBe(image.index);
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(['']);
    await room.remove();
  });

  it.each([
    ['too many requests', { status: 429 }],
    ['an error', { status: 500 }],
    ['no service', { status: 503 }],
    ['a broken connection', { cutAnswerAfter: 0 }],
    ['half of the list', { cutAnswerAfter: 20 }],
  ])('is not taken for nothing when the list of it answers %s at times', async (_, trouble) => {
    count += 1;
    const source = await startUnrulyRegistry(withApi.host);
    const [dev, pp] = [`${source.host}/dev${count}`, `${withTag.host}/pp${count}`];
    const image = await signedImage(dev);
    const room = await promoteRoom({ dev, pp });
    await room.built({ web: `${dev}/web:v1@${image.index}` });
    // regctl asks five times by itself for some of these.
    source.behave(firstTimes(8, ({ path }) => path.includes('/referrers/'), trouble));
    await room.promote({ pauses: [10, 10, 10, 10, 10, 10, 10, 10, 10] });
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    await Promise.all([room.remove(), source.stop()]);
  });

  it('is never given up silently: when the list cannot be had, nothing is promoted', async () => {
    const source = await startUnrulyRegistry(withApi.host);
    const [dev, pp] = [`${source.host}/dev-never`, `${withTag.host}/pp-never`];
    const image = await signedImage(dev);
    const room = await promoteRoom({ dev, pp });
    await room.built({ web: `${dev}/web:v1@${image.index}` });
    source.behave(({ path }) => (path.includes('/referrers/') ? { status: 503 } : undefined));
    await expect(room.promote()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('503') });
    expect(await digestAt(`${pp}/web:v1`)).toBeUndefined();
    await Promise.all([room.remove(), source.stop()]);
  });

  it('is completed when an interrupted copy has left it without its entry in the list', async () => {
    const target = await startUnrulyRegistry(withTag.host);
    const [dev, pp] = [`${withTag.host}/dev-half`, `${target.host}/pp-half`];
    const image = await signedImage(dev);
    // The manifest arrives, and its entry in the list of referrers does not.
    target.behave(({ method, path }) =>
      method === 'PUT' && path.includes('/manifests/sha256-') ? { status: 201 } : undefined,
    );
    await registryTool('regctl', ['image', 'copy', `${dev}/web@${image.signature}`, `${pp}/web@${image.signature}`]);
    target.calm();
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(['']);
    const room = await promoteRoom({ dev, pp });
    await room.built({ web: `${dev}/web:v1@${image.index}` });
    await room.promote();
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    await Promise.all([room.remove(), target.stop()]);
  });

  it('is whole after two promotions at once', async () => {
    const [dev, pp] = [`${withTag.host}/dev-two`, `${withTag.host}/pp-two`];
    const image = await signedImage(dev);
    const rooms = await Promise.all([promoteRoom({ dev, pp }), promoteRoom({ dev, pp })]);
    for (const room of rooms) await room.built({ web: `${dev}/web:v1@${image.index}` });
    await Promise.all(rooms.map((room) => room.promote()));
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    for (const room of rooms) await room.remove();
  });
});
