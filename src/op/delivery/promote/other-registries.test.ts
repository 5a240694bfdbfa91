import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry, startReferrersRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
import { attach, pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { dashedDigests, noHead, refusing } from '../../../../test/op/registry-products.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let sandbox: PromoteSandbox;
let count = 0;
let dev: string;
let pp: string;
let web: string;

beforeAll(async () => {
  registry = await startPlainRegistry();
  [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(registry.host)]);
});
afterAll(async () => {
  await Promise.all([registry?.stop(), here?.stop(), there?.stop()]);
});
beforeEach(async () => {
  count += 1;
  [dev, pp] = [`${here.host}/dev${count}`, `${there.host}/pp${count}`];
  here.calm();
  there.calm();
  web = await pushImage(`${dev}/web:v1`, 100_000);
  sandbox = await createPromoteSandbox({ dev, pp });
  await sandbox.built({ web: `${dev}/web:v1@${web}` });
  return () => sandbox.remove();
});

const stored = (reference: string) =>
  registryTool('crane', ['digest', reference.replace(there.host, registry.host)]).catch(() => undefined);
const remedies: Readonly<Record<string, string>> = {
  'no repository': 'create this one',
  immutable: 'build under a new tag',
  full: 'the quota at',
  'too large': 'takes no layer of this size',
};

describe('what lasts is not tried again, and has its own sentence', () => {
  it.each(refusing)('%s: %s', { timeout: 60_000 }, async (problem, _, rule) => {
    there.behave(rule);
    // The peer fails, too.
    await expect(registryTool('crane', ['copy', `${dev}/web:v1`, `${pp}/web:v1`])).rejects.toThrow();
    const asked = there.requests.length;
    // A retry would take half a minute.
    await expect(sandbox.promote({ pauses: [30_000] })).rejects.toMatchObject({
      kind: 'tool',
      hint: expect.stringContaining(remedies[problem] ?? '?'),
    });
    expect(there.requests.length - asked).toBeLessThan(40);
    expect(await stored(`${pp}/web:v1`)).toBeUndefined();
  });
});

describe('a registry that answers HEAD otherwise than GET', () => {
  it.each([400, 404, 405])('with %i: the tag of another image is not moved', async (status) => {
    const other = await pushImage(`${pp}/web:v1`);
    there.behave(noHead(status));
    // crane, too, believes only GET.
    expect(await registryTool('crane', ['digest', `${pp}/web:v1`])).toBe(other);
    await expect(sandbox.promote()).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining(other) });
    expect(await stored(`${pp}/web:v1`)).toBe(other);
    await sandbox.promote({ overwrite: true });
    expect(await stored(`${pp}/web:v1`)).toBe(web);
    await sandbox.promote();
    expect(sandbox.printed.at(-2)).toContain('1 already there');
  });

  it.each([404, 405])('with %i at the source: the image is found', async (status) => {
    await sandbox.built({ web: `${dev}/web:v1` });
    here.behave(noHead(status));
    await sandbox.promote();
    expect(await stored(`${pp}/web:v1`)).toBe(web);
  });
});

describe('a registry whose tag of the list of referrers names the image itself', () => {
  it('is a source and a destination of images that nothing refers to', async () => {
    const { index } = await pushIndex(`${dev}/api:v1`);
    await sandbox.built({ web: `${dev}/web:v1@${web}`, api: `${dev}/api:v1@${index}` });
    here.behave(dashedDigests);
    there.behave(dashedDigests);
    await sandbox.promote();
    await sandbox.promote();
    expect(sandbox.printed.at(-2)).toContain('2 already there');
    expect(await stored(`${pp}/web:v1`)).toBe(web);
    expect(await stored(`${pp}/api:v1`)).toBe(index);
  });

  it('is named when it cannot keep a signature', async () => {
    await attach(`${dev}/web@${web}`, 'application/vnd.example.signature');
    there.behave(dashedDigests);
    await expect(sandbox.promote()).rejects.toMatchObject({
      kind: 'tool',
      hint: expect.stringContaining(`${there.host} does not keep what refers to an image`),
    });
    await sandbox.promote({ referrers: false });
    expect(await stored(`${pp}/web:v1`)).toBe(web);
  });
});

it('a registry that does not give back what it took is named', async () => {
  let isTagged = false;
  there.behave(({ method, path }) => {
    if (!path.endsWith('/manifests/v1')) return undefined;
    if (method === 'PUT') isTagged = true;
    return isTagged && method !== 'PUT' ? { status: 404 } : undefined;
  });
  await expect(sandbox.promote()).rejects.toMatchObject({
    kind: 'tool',
    message: 'image "web" cannot be read back',
    why: expect.stringContaining(`${there.host} took`),
  });
});

it('a registry that wants layers that may not be distributed is not asked again', async () => {
  const layer = `sha256:${'a'.repeat(64)}`;
  there.behave(({ method, path }) =>
    method === 'PUT' && path.includes('/manifests/')
      ? {
          status: 400,
          body: JSON.stringify({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest: layer } }] }),
        }
      : undefined,
  );
  const text = JSON.parse(await registryTool('crane', ['manifest', `${dev}/web@${web}`]));
  text.layers.push({
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: layer,
    size: 10,
    urls: ['https://example.com/layer'],
  });
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const url = `http://${registry.host}/v2/dev${count}/web/manifests/windows`;
  const put = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: JSON.stringify(text) });
  expect(put.status).toBe(201);
  await sandbox.built({ web: `${dev}/web:windows` });
  await expect(sandbox.promote({ pauses: [30_000] })).rejects.toMatchObject({
    kind: 'tool',
    hint: expect.stringContaining('layers that may not be distributed'),
  });
});

describe.each([
  ['by tag', startPlainRegistry],
  ['by API', startReferrersRegistry],
])('signatures that arrive after the first promotion (referrers %s)', (_, start) => {
  let kept: LocalRegistry;
  beforeAll(async () => {
    kept = await start();
  });
  afterAll(() => kept?.stop());

  it('are promoted by the next one', async () => {
    const [from, to] = [`${kept.host}/dev${count}`, `${kept.host}/pp${count}`];
    const digest = await pushImage(`${from}/web:v1`);
    const later = await createPromoteSandbox({ dev: from, pp: to });
    await later.built({ web: `${from}/web:v1@${digest}` });
    await later.promote();
    const signature = await attach(`${from}/web@${digest}`, 'application/vnd.example.signature');
    const tag = `${digest.replace(':', '-')}.sig`;
    const put = ['artifact', 'put', `${from}/web:${tag}`, '--format={{.Manifest.GetDescriptor.Digest}}'];
    const cosign = await registryTool('regctl', put, 'signature');
    await later.promote({ dryRun: true });
    expect(later.printed.at(-2)).toContain('attach, 2 referrers');
    await later.promote();
    expect(later.printed.at(-2)).toContain('1 attached');
    expect(await registryTool('crane', ['digest', `${to}/web@${signature}`])).toBe(signature);
    expect(await registryTool('crane', ['digest', `${to}/web:${tag}`])).toBe(cosign);
    const listed = ['artifact', 'list', `${to}/web@${digest}`, '--format={{range .Descriptors}}{{.Digest}}{{end}}'];
    expect(await registryTool('regctl', listed)).toBe(signature);
    expect(JSON.parse((await later.read('promotion_result.json')) ?? '').images[0].outcome).toBe('attached');
    await later.promote();
    expect(later.printed.at(-2)).toContain('1 already there');
    await later.remove();
  });

  it('are waited for with --require-signature', async () => {
    const [from, to] = [`${kept.host}/wait${count}`, `${kept.host}/ppwait${count}`];
    const digest = await pushImage(`${from}/web:v1`);
    const later = await createPromoteSandbox({ dev: from, pp: to });
    await later.built({ web: `${from}/web:v1@${digest}` });
    await attach(`${from}/web@${digest}`, 'application/vnd.example.sbom');
    await expect(later.promote({ requireSignature: 50 })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('it has no signature in dev'),
    });
    expect(await registryTool('crane', ['digest', `${to}/web:v1`]).catch(() => undefined)).toBeUndefined();
    const promoting = later.promote({ requireSignature: 60_000 });
    const signature = await attach(`${from}/web@${digest}`, 'application/vnd.dev.cosign.artifact.sig.v1+json');
    await promoting;
    expect(await registryTool('crane', ['digest', `${to}/web@${signature}`])).toBe(signature);
    await expect(later.promote({ requireSignature: 50, referrers: false })).rejects.toMatchObject({ kind: 'usage' });
    await later.remove();
  });

  it('are not asked for at the source that was cleaned up', async () => {
    const [from, to] = [`${kept.host}/gone${count}`, `${kept.host}/ppgone${count}`];
    const digest = await pushImage(`${to}/web:v1`);
    const later = await createPromoteSandbox({ dev: from, pp: to });
    await later.built({ web: `${from}/web:v1@${digest}` });
    await later.promote();
    expect(later.printed.at(-2)).toContain('1 already there');
    await later.remove();
  });
});
