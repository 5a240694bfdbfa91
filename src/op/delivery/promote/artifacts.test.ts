import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
import { attach, pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

const indexType = 'application/vnd.oci.image.index.v1+json';
const imageType = 'application/vnd.oci.image.manifest.v1+json';

let registry: LocalRegistry;
let source: UnrulyRegistry;
let sandbox: PromoteSandbox;
let dev: string;
let pp: string;
let count = 0;

beforeAll(async () => {
  registry = await startPlainRegistry();
  source = await startUnrulyRegistry(registry.host);
});
afterAll(async () => {
  await source?.stop();
  await registry?.stop();
});
beforeEach(async () => {
  count += 1;
  [dev, pp] = [`${source.host}/dev${count}`, `${registry.host}/pp${count}`];
  sandbox = await createPromoteSandbox({ dev, pp });
  source.calm();
  return () => sandbox.remove();
});

/** Stores a manifest in dev/web as it is. */
async function put(content: object, type: string, tag?: string) {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: type, ...content });
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const url = `http://${registry.host}/v2/dev${count}/web/manifests/${tag ?? digest}`;
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: text });
  expect(answer.status).toBe(201);
  return { mediaType: type, digest, size: text.length };
}

/** An image, and a descriptor of it. */
async function baseOf() {
  const digest = await pushImage(`${registry.host}/dev${count}/web:base`);
  const text = await registryTool('crane', ['manifest', `${registry.host}/dev${count}/web@${digest}`]);
  return { mediaType: imageType, digest, size: text.length, manifest: JSON.parse(text) };
}

/** Indexes in indexes, each of which names the next several times. */
async function nest(levels: number, times: number): Promise<string> {
  const { mediaType, digest, size } = await baseOf();
  let inner = { mediaType, digest, size };
  for (let level = 0; level < levels; level += 1) {
    const manifests = Array.from({ length: times }, () => inner);
    inner = await put({ manifests, annotations: { level: `${level}` } }, indexType);
  }
  await put({ manifests: [inner], annotations: { level: 'top' } }, indexType, 'v1');
  return registryTool('crane', ['digest', `${registry.host}/dev${count}/web:v1`]);
}

const promote = async (digest: string, parts: Parameters<PromoteSandbox['promote']>[0] = {}) => {
  await sandbox.built({ web: `${dev}/web:v1@${digest}` });
  return sandbox.promote(parts);
};
const refused = (why: RegExp) => ({ kind: 'refused', why: expect.stringMatching(why) });

describe('an image is refused before it is copied', () => {
  it('if it has indexes in indexes that name each other twice', async () => {
    const digest = await nest(24, 2);
    const start = performance.now();
    await expect(promote(digest)).rejects.toMatchObject(refused(/more than 2000 manifests/u));
    await expect(promote(digest, { referrers: false })).rejects.toMatchObject(refused(/more than 2000 manifests/u));
    await expect(promote(await nest(24, 1))).rejects.toMatchObject(refused(/more than 10 deep/u));
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('if tools in Go read more in a manifest of it than op', async () => {
    const { mediaType, digest, size, manifest } = await baseOf();
    const inner = { mediaType, digest, size };
    const why = /has a key twice, or in another case/u;
    const { digest: hidden } = await put({ manifests: [], Manifests: [inner] }, indexType, 'v1');
    await expect(promote(hidden)).rejects.toMatchObject(refused(why));
    await put({ ...manifest, Layers: [] }, imageType, `${digest.replace(':', '-')}.sig`);
    const top = await put({ manifests: [inner] }, indexType, 'v1');
    await expect(promote(top.digest)).rejects.toMatchObject(refused(why));
  });

  it('if few levels lead to many manifests', async () => {
    await expect(promote(await nest(3, 20))).rejects.toMatchObject(refused(/more than 2000 manifests/u));
  });

  it('if thousands of manifests refer to it, unless these are left behind', async () => {
    const { manifest, ...subject } = await baseOf();
    const { config, layers } = manifest;
    const referrer = await put({ config, layers, subject, artifactType: 'application/x' }, imageType);
    const manifests = Array.from({ length: 3000 }, (_, index) => ({
      ...referrer,
      artifactType: 'application/x',
      annotations: { index: `${index}` },
    }));
    await put({ manifests }, indexType, subject.digest.replace(':', '-'));
    await registryTool('crane', ['tag', `${registry.host}/dev${count}/web@${subject.digest}`, 'v1']);
    await expect(promote(subject.digest)).rejects.toMatchObject({
      ...refused(/more than 2000 manifests/u),
      hint: expect.stringContaining('--referrers=false'),
    });
    await promote(subject.digest, { referrers: false });
    expect(await registryTool('crane', ['digest', `${pp}/web:v1`])).toBe(subject.digest);
  });

  it('if that is so of what a tag of its digest names', async () => {
    const digest = await nest(24, 2);
    const image = await pushImage(`${registry.host}/dev${count}/web:v1`);
    await registryTool('crane', [
      'tag',
      `${registry.host}/dev${count}/web@${digest}`,
      `${image.replace(':', '-')}.sig`,
    ]);
    await expect(promote(image)).rejects.toMatchObject(refused(/more than (?:2000 manifests|10 deep)/u));
  });
});

it('an image with platforms, signatures of signatures and one index in its index is promoted', async () => {
  const { index, images } = await pushIndex(`${registry.host}/dev${count}/web:v1`);
  const image = `${registry.host}/dev${count}/web`;
  const signature = await attach(`${image}@${images[0]}`, 'application/vnd.example.signature');
  await attach(`${image}@${signature}`, 'application/vnd.example.signature', 'of the signature');
  await promote(index);
  expect(await registryTool('crane', ['digest', `${pp}/web:v1`])).toBe(index);
  const nested = await nest(1, 1);
  sandbox = await createPromoteSandbox({ dev, pp: `${pp}b` });
  await promote(nested);
  expect(await registryTool('crane', ['digest', `${pp}b/web:v1`])).toBe(nested);
});
