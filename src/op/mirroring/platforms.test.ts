import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry, startSparseRegistry } from '../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../test/op/mirror-sandbox.js';
import { pushImage, pushIndex, registryTool } from '../../../test/op/pushed-image.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let target: LocalRegistry;
let here: UnrulyRegistry;
let sandbox: MirrorSandbox;
let index: string;
let images: readonly string[];
let count = 0;
let site: string;

beforeAll(async () => {
  [registry, target] = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
  here = await startUnrulyRegistry(registry.host);
  ({ index, images } = await pushIndex(`${registry.host}/hub/multi:v1`));
});
afterAll(() => Promise.all([here?.stop(), registry?.stop(), target?.stop()]));
beforeEach(async () => {
  count += 1;
  site = `${target.host}/site${count}`;
  sandbox = await createMirrorSandbox();
});
afterEach(() => sandbox.remove());

const file = (platforms: string, to = site) =>
  sandbox.write(
    'mirror.yaml',
    `version: 1\ndefaults: { platforms: ${platforms} }\nsources: [{ from: '${here.host}/hub/multi:v1', to: '${to}/multi' }]\n`,
  );
const manifest = async (reference: string) => JSON.parse(await registryTool('crane', ['manifest', reference]));
const isPull = ({ method, path }: Asked) => method === 'GET' && /\/(?:manifests|blobs)\//u.test(path);
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );

describe('some platforms of an index', () => {
  it('become another index, whose digest the next run and verify know without reading the source', async () => {
    await file('{ keep: [linux/arm64], as: rewrite }');
    const report = await sandbox.run({ deep: true });
    expect(report.totals).toMatchObject({ copied: 1, wrong: 0 });
    const { manifests } = await manifest(`${site}/multi:v1`);
    expect(manifests.map(({ digest }: { digest: string }) => digest)).toEqual([images[1]]);
    await registryTool('crane', ['validate', '--remote', `${site}/multi:v1`]);
    here.calm();
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });
    expect(here.requests.filter(isPull)).toEqual([]);
    // The choice has changed: so does what the destination should have.
    await file('{ keep: [linux/amd64], as: rewrite }');
    expect((await sandbox.run()).totals).toMatchObject({ overwritten: 1 });
  });

  it('are one image', async () => {
    await file('{ keep: [linux/amd64], as: child }');
    expect((await sandbox.run({ deep: true })).images).toMatchObject([
      { outcome: 'copied', digest: images[0], verified: true },
    ]);
    expect(await registryTool('crane', ['digest', `${site}/multi:v1`])).toBe(images[0]);
    here.calm();
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });
    expect(here.requests.filter(isPull)).toEqual([]);
  });

  it('keep the index and its digest where the registry takes an index that is not whole, and only they are copied', async () => {
    const sparse = await startSparseRegistry();
    try {
      await file('{ keep: [linux/amd64], as: sparse }', sparse.host);
      expect((await sandbox.run({ deep: true })).totals).toMatchObject({ copied: 1, wrong: 0 });
      expect(await registryTool('crane', ['digest', `${sparse.host}/multi:v1`])).toBe(index);
      expect(await registryTool('crane', ['digest', `${sparse.host}/multi@${images[0]}`])).toBe(images[0]);
      await expect(registryTool('crane', ['digest', `${sparse.host}/multi@${images[1]}`])).rejects.toThrow();
      expect((await sandbox.run({ deep: true })).totals).toMatchObject({ unchanged: 1 });
    } finally {
      await sparse.stop();
    }
  });

  it('are refused by a registry that wants the whole index, which says what to do', async () => {
    await file('{ keep: [linux/amd64], as: sparse }');
    const error = await failed(sandbox.run());
    expect(error.why).toMatch(
      /MANIFEST_BLOB_UNKNOWN.*; a registry that wants all images of an index needs platforms\.as: rewrite or child/u,
    );
    await expect(registryTool('crane', ['digest', `${site}/multi:v1`])).rejects.toThrow();
  });

  it('must be there', async () => {
    await file('{ keep: [linux/amd64, windows/amd64], as: rewrite }');
    expect((await failed(sandbox.run())).why).toMatch(/it has no image for windows\/amd64/u);
  });

  it('leave an image that is no index as it is', async () => {
    const digest = await pushImage(`${registry.host}/hub/single:v1`);
    await sandbox.write(
      'mirror.yaml',
      `version: 1\nsources: [{ from: '${here.host}/hub/single:v1', to: '${site}/single', platforms: { keep: [linux/amd64], as: child } }]\n`,
    );
    expect((await sandbox.run()).images).toMatchObject([{ outcome: 'copied', digest }]);
  });
});
