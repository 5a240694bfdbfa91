import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type LocalRegistry,
  startPlainRegistry,
  startReferrersRegistry,
  startRegistry,
} from '../../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../../test/op/mirror-sandbox.js';
import { attach, pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { referrersAt } from '../../../../test/op/pushed-signature.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

type Kind = 'api' | 'tag';
const signature = 'application/vnd.cncf.notary.signature';
const sbom = 'application/spdx+json';

const registries = new Map<Kind, readonly [LocalRegistry, LocalRegistry]>();
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let sandbox: MirrorSandbox;
let count = 0;
let from: string;
let to: string;

beforeAll(async () => {
  registries.set('api', [await startReferrersRegistry(), await startReferrersRegistry()]);
  registries.set('tag', [await startPlainRegistry(), await startPlainRegistry()]);
});
afterAll(() => Promise.all([...registries.values()].flat().map(({ stop }) => stop())));
beforeEach(async () => {
  count += 1;
  sandbox = await createMirrorSandbox();
});
afterEach(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await sandbox.remove();
});

/** Puts fronts before a source and a destination, and gives the names behind them. */
async function between(source: Kind, destination: Kind) {
  const behind = [registries.get(source)?.[0].host ?? '', registries.get(destination)?.[1].host ?? ''];
  [here, there] = await Promise.all([startUnrulyRegistry(behind[0] ?? ''), startUnrulyRegistry(behind[1] ?? '')]);
  [from, to] = [`${behind[0]}/hub${count}/app`, `${behind[1]}/site${count}/app`];
}
const file = (referrers: string, more = '') =>
  sandbox.write(
    'mirror.yaml',
    `version: 1\nsources: [{ from: '${here.host}/hub${count}/app:v1', to: '${there.host}/site${count}/app', referrers: ${referrers}${more} }]\n`,
  );
const isPull = ({ method, path }: Asked) => method === 'GET' && /\/(?:manifests|blobs)\//u.test(path);
const isWrite = ({ method }: Asked) => !['GET', 'HEAD'].includes(method);
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const calm = () => {
  here.calm();
  there.calm();
};

describe.each<readonly [Kind, Kind]>([
  ['api', 'api'],
  ['api', 'tag'],
  ['tag', 'api'],
  ['tag', 'tag'],
])('from a registry with an %s to one with an %s', (source, destination) => {
  beforeEach(() => between(source, destination));

  it('what refers to an image, to its platforms and to that arrives, and then nothing is read or written', async () => {
    const { index, images } = await pushIndex(`${from}:v1`);
    const [image = ''] = images;
    const ofIndex = [await attach(`${from}@${index}`, signature), await attach(`${from}@${index}`, sbom)];
    const ofImage = await attach(`${from}@${image}`, sbom, 'of one platform');
    const ofSbom = await attach(`${from}@${ofImage}`, signature, 'of the SBOM');
    await file('{ copy: all }');
    const report = await sandbox.run({ deep: true });
    expect(report.images).toMatchObject([{ outcome: 'copied', verified: true, referrers: 4, left: [] }]);
    expect(await referrersAt(`${to}@${index}`)).toEqual(ofIndex.toSorted());
    expect(await referrersAt(`${to}@${image}`)).toEqual([ofImage]);
    expect(await referrersAt(`${to}@${ofImage}`)).toEqual([ofSbom]);
    expect(await registryTool('regctl', ['artifact', 'get', `--subject=${to}@${image}`])).toBe('of one platform');

    calm();
    const again = await sandbox.run();
    expect(again.totals).toMatchObject({ unchanged: 1, copied: 0, attached: 0 });
    expect(here.requests.filter(isPull)).toEqual([]);
    expect([...here.requests, ...there.requests].filter(isWrite)).toEqual([]);
  });

  it('what is added to an unchanged image is attached, and what others attached at the destination stays', async () => {
    const image = await pushImage(`${from}:v1`);
    const first = await attach(`${from}@${image}`, signature, 'first');
    await file('{ copy: all }');
    await sandbox.run();
    const own = await attach(`${to}@${image}`, signature, 'signed at the destination');
    const second = await attach(`${from}@${image}`, signature, 'second');
    calm();
    const plan = await sandbox.resolve();
    expect(plan.items).toMatchObject([
      { action: 'attach', bytes: 'second'.length, why: `1 referrer: ${signature}`, digest: image },
    ]);
    await sandbox.copy();
    await sandbox.verify();
    expect((await sandbox.report()).images).toMatchObject([{ outcome: 'attached', verified: true, referrers: 2 }]);
    expect(await referrersAt(`${to}@${image}`)).toEqual([first, own, second].toSorted());
    // The image itself is not touched.
    expect(there.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/v1'))).toEqual([]);
  });

  it('an unchanged image costs one question more at each side', async () => {
    const image = await pushImage(`${from}:v1`);
    await attach(`${from}@${image}`, signature);
    await file(`{ copy: [${signature}] }`);
    await sandbox.run();
    calm();
    await sandbox.run();
    const kinds = ({ method, path }: Asked) =>
      `${method} ${path.replace(/.*\/(manifests|referrers)\/(sha256[:-]|v1).*/u, '$1/$2')}`;
    // The tag, the list, and whether something refers to the signature.
    const byTag = ['HEAD manifests/v1', 'GET referrers/sha256:', 'HEAD manifests/sha256-', 'HEAD manifests/sha256-'];
    expect(here.requests.map(kinds).toSorted()).toEqual(
      (source === 'api' ? ['HEAD manifests/v1', 'GET referrers/sha256:', 'GET referrers/sha256:'] : byTag).toSorted(),
    );
    expect(there.requests.map(kinds).toSorted()).toEqual(
      (destination === 'api'
        ? ['HEAD manifests/v1', 'GET referrers/sha256:']
        : ['HEAD manifests/v1', 'GET referrers/sha256:', 'GET manifests/sha256-']
      ).toSorted(),
    );
  });

  it('what was deleted at the destination is missed by verify, and comes back', async () => {
    const image = await pushImage(`${from}:v1`);
    const one = await attach(`${from}@${image}`, signature);
    await file('{ copy: all }');
    await sandbox.run();
    // The real registries of this test cannot all be told to delete.
    const list = destination === 'api' ? '/referrers/' : '/manifests/sha256-';
    const empty = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] };
    there.behave(({ method, path }) =>
      method === 'GET' && path.includes(list) ? { status: 200, body: JSON.stringify(empty) } : undefined,
    );
    expect(await failed(sandbox.verify())).toMatchObject({ kind: 'refused', why: expect.stringContaining(one) });
    expect((await sandbox.resolve()).items).toMatchObject([{ action: 'attach' }]);
    there.calm();
    await sandbox.copy();
    await sandbox.verify({ deep: true });
  });
});

describe('of all that refers to an image', () => {
  beforeEach(() => between('api', 'api'));

  it('only the kinds that are named are copied', async () => {
    const image = await pushImage(`${from}:v1`);
    const one = await attach(`${from}@${image}`, signature);
    await attach(`${from}@${image}`, sbom);
    await file(`{ copy: [${signature}] }`);
    await sandbox.run();
    expect(await referrersAt(`${to}@${image}`)).toEqual([one]);
  });

  it('nothing is copied unless the mirror file says so', async () => {
    const image = await pushImage(`${from}:v1`);
    await attach(`${from}@${image}`, signature);
    await file('{ copy: none }');
    await sandbox.run();
    expect(await referrersAt(`${to}@${image}`)).toEqual([]);
    expect(here.requests.filter(({ path }) => path.includes('/referrers/'))).toEqual([]);
  });

  it('signatures of an index do not fit another index: the plan and the report say so; those of its images do', async () => {
    const { index, images } = await pushIndex(`${from}:v1`);
    const [amd64 = '', arm64 = ''] = images;
    const ofIndex = await attach(`${from}@${index}`, signature);
    const ofImage = await attach(`${from}@${amd64}`, signature, 'of amd64');
    await attach(`${from}@${arm64}`, signature, 'of arm64');
    await file('{ copy: all }', ', platforms: { keep: [linux/amd64], as: rewrite }');
    const report = await sandbox.run();
    const left = { subject: index, kind: signature, digest: ofIndex, why: expect.stringContaining('index') };
    expect(report.images).toMatchObject([{ outcome: 'copied', referrers: 1, left: [left] }]);
    expect(await referrersAt(`${to}@${amd64}`)).toEqual([ofImage]);
    expect(await sandbox.read('mirror/report.md')).toContain('## Referrers that were not copied');
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });

    await file(`{ copy: all, required: [${signature}] }`, ', platforms: { keep: [linux/amd64], as: rewrite }');
    expect((await failed(sandbox.run())).why).toMatch(/: missing: nothing .* refers to it is .*notary.* required/u);
    // The one image has a signature of its own.
    await file(`{ copy: all, required: [${signature}] }`, ', platforms: { keep: [linux/amd64], as: child }');
    expect((await sandbox.run()).images).toMatchObject([{ outcome: 'overwritten', referrers: 1, left: [left] }]);
  });

  it('a kind that is required must be there, or the image is not copied', async () => {
    const image = await pushImage(`${from}:v1`);
    await attach(`${from}@${image}`, sbom);
    await file(`{ copy: all, required: [${signature}, .sig] }`);
    const error = await failed(sandbox.run());
    expect(error).toMatchObject({
      kind: 'tool',
      why: expect.stringMatching(/missing: nothing .* \.sig, which is req/u),
    });
    expect(there.requests.filter(isWrite)).toEqual([]);
    await attach(`${from}@${image}`, signature);
    expect((await sandbox.run()).totals).toMatchObject({ copied: 1 });
  });

  it('everything is there before the tag is', async () => {
    const image = await pushImage(`${from}:v1`);
    const one = await attach(`${from}@${image}`, signature);
    await file('{ copy: all }');
    there.behave(({ method, path }) => (method === 'PUT' && path.endsWith(one) ? { status: 403 } : undefined));
    expect((await failed(sandbox.run())).why).toMatch(/:v1: failed: .* answered 403/u);
    await expect(registryTool('crane', ['digest', `${to}:v1`])).rejects.toThrow();
    there.calm();
    expect((await sandbox.run()).images).toMatchObject([{ outcome: 'copied', referrers: 1 }]);
  });

  it.each([
    ['by its API', startReferrersRegistry],
    ['by a tag', startRegistry],
  ])('what a registry that lists it %s was told to delete comes back', async (_, start) => {
    const real = await start();
    try {
      const image = await pushImage(`${from}:v1`);
      const one = await attach(`${from}@${image}`, signature);
      await file('{ copy: all }');
      const mirror = (await sandbox.read('mirror.yaml')) ?? '';
      await sandbox.write('mirror.yaml', mirror.replace(there.host, real.host));
      to = `${real.host}/site${count}/app`;
      await sandbox.run();
      await registryTool('regctl', ['manifest', 'delete', `${to}@${one}`, '--referrers']);
      expect(await referrersAt(`${to}@${image}`)).toEqual([]);
      await expect(registryTool('crane', ['digest', `${to}@${one}`])).rejects.toThrow();
      expect((await sandbox.run()).totals).toMatchObject({ attached: 1 });
      expect(await referrersAt(`${to}@${image}`)).toEqual([one]);
      await sandbox.verify({ deep: true });
    } finally {
      await real.stop();
    }
  });

  it.each([
    ['a blob', /\/blobs\/sha256:/u, 'deep'.length],
    ['its manifest, which is still listed', /\/manifests\/sha256:/u, 0],
  ])('with --deep, what has lost %s comes back', async (_, lost, bytes) => {
    const image = await pushImage(`${from}:v1`);
    const one = await attach(`${from}@${image}`, sbom, 'deep');
    await file('{ copy: all }');
    await sandbox.run();
    const { layers } = JSON.parse(await registryTool('crane', ['manifest', `${from}@${one}`]));
    const names: readonly string[] = [layers[0].digest, one];
    there.behave(({ path }) =>
      lost.test(path) && names.some((name) => path.endsWith(name)) ? { status: 404 } : undefined,
    );
    await sandbox.verify();
    expect((await failed(sandbox.verify({ deep: true }))).why).toMatch(/incomplete: 1 of 1 referrer not there/u);
    expect((await sandbox.resolve({ deep: true })).items).toMatchObject([
      { action: 'attach', referrers: [{ digest: one, there: false, bytes }] },
    ]);
    there.calm();
    await sandbox.copy();
    expect((await sandbox.report()).images).toMatchObject([{ outcome: 'attached' }]);
  });

  it('several tags that name one image, and images of several sources, lose nothing of each other', async () => {
    await Promise.all([here.stop(), there.stop()]);
    await between('tag', 'tag');
    const image = await pushImage(`${from}:v1`);
    const other = from.replace('/app', '/other');
    await registryTool('crane', ['cp', `${from}:v1`, `${other}:v3`]);
    await registryTool('crane', ['tag', `${from}:v1`, 'v2']);
    const all = [await attach(`${other}@${image}`, signature, 'of the other source')];
    for (let one = 0; one < 3; one++) all.push(await attach(`${from}@${image}`, signature, `${one}`));
    const sources = [from, other].map(
      (source) =>
        `  - { from: '${source}', to: '${there.host}/site${count}/app', tags: { regex: '.*' }, referrers: { copy: all } }\n`,
    );
    await sandbox.write('mirror.yaml', `version: 1\nsources:\n${sources.join('')}`);
    // All have read the list before the first has written it.
    there.behave(({ method, path }) => (method === 'PUT' && path.includes('/sha256-') ? { delay: 300 } : undefined));
    expect((await sandbox.run()).totals).toMatchObject({ copied: 3 });
    expect(await referrersAt(`${to}@${image}`)).toEqual(all.toSorted());
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 3 });
  });
});
