import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry, startReferrersRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox } from '../../../../test/op/promote-sandbox.js';
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

/** An image for two platforms with all kinds of referrers. */
async function signedImage(repository: string) {
  const { index, images } = await pushIndex(`${repository}/web:v1`);
  const [amd64 = ''] = images;
  const image = `${repository}/web`;
  const signature = await attach(`${image}@${index}`, 'application/vnd.example.signature');
  const sbom = await attach(`${image}@${index}`, 'application/vnd.example.sbom');
  const ofPlatform = await attach(`${image}@${amd64}`, 'application/vnd.example.attestation');
  const nested = await attach(`${image}@${sbom}`, 'application/vnd.example.signature', 'of the sbom');
  const tags = ['sig', 'att', 'sbom'].map((kind) => `${index.replace(':', '-')}.${kind}`);
  const cosign: string[] = [];
  // One after the other: all have the same configuration, and a registry may lose a blob that is uploaded twice at a time.
  for (const tag of tags) {
    const put = ['artifact', 'put', `${image}:${tag}`, '--format={{.Manifest.GetDescriptor.Digest}}'];
    cosign.push(await registryTool('regctl', put, tag));
  }
  return { index, amd64, signature, sbom, ofPlatform, nested, tags, cosign };
}

/** Every combination of the two kinds of registries. */
const sides: readonly (readonly [from: 'tag' | 'API', to: 'tag' | 'API'])[] = [
  ['tag', 'tag'],
  ['tag', 'API'],
  ['API', 'tag'],
  ['API', 'API'],
];
const registryWith = (kind: 'tag' | 'API') => (kind === 'tag' ? withTag : withApi);

describe('referrers of an image', () => {
  it.each(sides)('are copied from a registry with referrers by %s to one by %s', async (from, to) => {
    count += 1;
    const dev = `${registryWith(from).host}/dev${count}`;
    const pp = `${registryWith(to).host}/pp${count}`;
    const image = await signedImage(dev);
    const sandbox = await createPromoteSandbox({ dev, pp });
    await sandbox.built({ web: `${dev}/web:v1@${image.index}` });
    await sandbox.promote();
    expect(await digestAt(`${pp}/web:v1`)).toBe(image.index);
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    expect(await referrersAt(`${pp}/web@${image.amd64}`)).toContain(image.ofPlatform);
    expect(await referrersAt(`${pp}/web@${image.sbom}`)).toContain(image.nested);
    expect(await Promise.all(image.tags.map((tag) => digestAt(`${pp}/web:${tag}`)))).toEqual(image.cosign);
    expect(JSON.parse((await sandbox.read('promotion_result.json')) ?? '').images[0].referrers).toBe(7);
    await sandbox.remove();
  });

  it('are not copied with --referrers=false', async () => {
    const [dev, pp] = [`${withApi.host}/dev-none`, `${withApi.host}/pp-none`];
    const image = await signedImage(dev);
    const sandbox = await createPromoteSandbox({ dev, pp });
    await sandbox.built({ web: `${dev}/web:v1@${image.index}` });
    await sandbox.promote({ referrers: false });
    expect(await digestAt(`${pp}/web:v1`)).toBe(image.index);
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(['']);
    await sandbox.remove();
  });

  it.each([
    ['too many requests', { status: 429 }],
    ['an error', { status: 500 }],
    ['no service', { status: 503 }],
    ['a broken connection', { cutAnswerAfter: 0 }],
    ['half of the list', { cutAnswerAfter: 20 }],
  ])('are copied although the referrers API sometimes answers with %s', async (_, failure) => {
    count += 1;
    const source = await startUnrulyRegistry(withApi.host);
    const [dev, pp] = [`${source.host}/dev${count}`, `${withTag.host}/pp${count}`];
    const image = await signedImage(dev);
    const sandbox = await createPromoteSandbox({ dev, pp });
    await sandbox.built({ web: `${dev}/web:v1@${image.index}` });
    source.behave(firstTimes(8, ({ path }) => path.includes('/referrers/'), failure));
    await sandbox.promote({ pauses: [10, 10, 10, 10, 10, 10, 10, 10, 10] });
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    await Promise.all([sandbox.remove(), source.stop()]);
  });

  it('are never skipped silently: when they cannot be listed, nothing is promoted', async () => {
    const source = await startUnrulyRegistry(withApi.host);
    const [dev, pp] = [`${source.host}/dev-never`, `${withTag.host}/pp-never`];
    const image = await signedImage(dev);
    const sandbox = await createPromoteSandbox({ dev, pp });
    await sandbox.built({ web: `${dev}/web:v1@${image.index}` });
    source.behave(({ path }) => (path.includes('/referrers/') ? { status: 503 } : undefined));
    await expect(sandbox.promote()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('503') });
    expect(await digestAt(`${pp}/web:v1`)).toBeUndefined();
    await Promise.all([sandbox.remove(), source.stop()]);
  });

  it('are completed when an interrupted copy left one without its entry in the list', async () => {
    const target = await startUnrulyRegistry(withTag.host);
    const [dev, pp] = [`${withTag.host}/dev-half`, `${target.host}/pp-half`];
    const image = await signedImage(dev);
    // The manifest arrives, but its entry in the list of referrers does not.
    target.behave(({ method, path }) =>
      method === 'PUT' && path.includes('/manifests/sha256-') ? { status: 201 } : undefined,
    );
    await registryTool('regctl', ['image', 'copy', `${dev}/web@${image.signature}`, `${pp}/web@${image.signature}`]);
    target.calm();
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(['']);
    const sandbox = await createPromoteSandbox({ dev, pp });
    await sandbox.built({ web: `${dev}/web:v1@${image.index}` });
    await sandbox.promote();
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    await Promise.all([sandbox.remove(), target.stop()]);
  });

  it('are complete after two promotions at once', async () => {
    const [dev, pp] = [`${withTag.host}/dev-two`, `${withTag.host}/pp-two`];
    const image = await signedImage(dev);
    const sandboxes = await Promise.all([createPromoteSandbox({ dev, pp }), createPromoteSandbox({ dev, pp })]);
    for (const sandbox of sandboxes) await sandbox.built({ web: `${dev}/web:v1@${image.index}` });
    await Promise.all(sandboxes.map((sandbox) => sandbox.promote()));
    expect(await referrersAt(`${pp}/web@${image.index}`)).toEqual(
      expect.arrayContaining([image.signature, image.sbom]),
    );
    for (const sandbox of sandboxes) await sandbox.remove();
  });
});
