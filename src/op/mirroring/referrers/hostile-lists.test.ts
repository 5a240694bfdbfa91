import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../../test/op/mirror-sandbox.js';
import { attach, pushImage } from '../../../../test/op/pushed-image.js';
import { referrersAt } from '../../../../test/op/pushed-signature.js';
import { startUnrulyRegistry, type Trouble, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

const signature = 'application/vnd.cncf.notary.signature';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const hex = (digit: string | number) => `sha256:${`${digit}`.padStart(64, '0')}`;
let registry: LocalRegistry;
let other: LocalRegistry;
let here: UnrulyRegistry;
let elsewhere: UnrulyRegistry;
let sandbox: MirrorSandbox;
let count = 0;
let from: string;
let to: string;
let image: string;
let one: string;

beforeAll(async () => {
  [registry, other] = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
  [here, elsewhere] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(other.host)]);
});
afterAll(() => Promise.all([here?.stop(), elsewhere?.stop(), registry?.stop(), other?.stop()]));
beforeEach(async () => {
  count += 1;
  [from, to] = [`${registry.host}/hub${count}/app`, `${other.host}/site${count}/app`];
  image = await pushImage(`${from}:v1`);
  one = await attach(`${from}@${image}`, signature);
  sandbox = await createMirrorSandbox(
    `version: 1\nsources: [{ from: '${here.host}/hub${count}/app:v1', to: '${to}', referrers: { copy: all } }]\n`,
  );
  here.calm();
  elsewhere.calm();
});
afterEach(() => sandbox.remove());

const entry = (digest: string) => ({ mediaType: manifestType, digest, size: 100, artifactType: signature });
const listOf = (...digests: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: digests.map(entry),
  });
/** As a registry with the API would answer to a question for what refers to the image. */
const answer = (pages: (query: string) => Trouble) =>
  here.behave(({ path, query }) =>
    path.endsWith(`/referrers/${image}`)
      ? pages(query)
      : path.includes('/referrers/')
        ? { status: 200, body: listOf() }
        : undefined,
  );
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );

describe('a registry that lists what refers to an image', () => {
  it('in pages has all of it copied', async () => {
    const more = [await attach(`${from}@${image}`, signature, '2'), await attach(`${from}@${image}`, signature, '3')];
    const all = [one, ...more];
    answer((query) => {
      const page = Number(new URLSearchParams(query).get('page') ?? '0');
      const next = page < 2 ? { link: `</v2/hub${count}/app/referrers/${image}?page=${page + 1}>; rel="next"` } : {};
      return { status: 200, headers: next, body: listOf(all[page] ?? '') };
    });
    await sandbox.run();
    expect(await referrersAt(`${to}@${image}`)).toEqual(all.toSorted());
  });

  it.each<readonly [string, () => Trouble, RegExp]>([
    ['without JSON', () => ({ status: 200, body: '{' }), /no index of manifests/u],
    [
      'with digests that are paths',
      () => ({ status: 200, body: listOf('sha256:../../../other/manifests/v1') }),
      /no index of manifests/u,
    ],
    [
      'with more than is sensible',
      () => ({ status: 200, body: listOf(...Array.from({ length: 1001 }, (_, index) => hex(index))) }),
      /more than 1000 manifests refer to it/u,
    ],
    [
      'with more than can be read',
      () => ({ status: 200, body: listOf(...Array.from({ length: 10_001 }, (_, index) => hex(index))) }),
      /no index of manifests/u,
    ],
    [
      'in pages without end',
      () => ({
        status: 200,
        headers: { link: `</v2/hub${count}/app/referrers/${image}?again>; rel="next"` },
        body: listOf(),
      }),
      /it says that the list goes on at/u,
    ],
    [
      'in pages at another server',
      () => ({ status: 200, headers: { link: `<http://${elsewhere.host}/v2/x>; rel="next"` }, body: listOf() }),
      /it says that the list goes on at/u,
    ],
    ['to nobody', () => ({ status: 403 }), /answered 403/u],
    ['with errors only', () => ({ status: 500 }), /answered 500/u],
  ])('%s has the image left alone, and why is said', async (_, trouble, why) => {
    answer(trouble);
    const error = await failed(sandbox.run());
    expect(error).toMatchObject({ kind: 'tool' });
    expect(error.why).toMatch(why);
    expect(await referrersAt(`${to}@${image}`)).toEqual([]);
  });

  it('with others among it has only what refers to the image copied', async () => {
    const stranger = await attach(`${from}@${await pushImage(`${from}:v2`)}`, signature, 'of another');
    answer(() => ({ status: 200, body: listOf(one, stranger, image, hex('a'), one) }));
    const report = await sandbox.run();
    expect(report.images).toMatchObject([{ outcome: 'copied', referrers: 1 }]);
    expect(report.images[0]?.left.map(({ digest, why }) => [digest, why]).toSorted()).toEqual(
      [
        [stranger, 'it is listed, and refers to something else'],
        [image, 'it is listed, and refers to something else'],
        [hex('a'), 'it is listed, and not there'],
      ].toSorted(),
    );
    expect(await referrersAt(`${to}@${image}`)).toEqual([one]);
    // What was read once is not read again.
    const reads = () => here.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(stranger)).length;
    const before = reads();
    await sandbox.run();
    expect(reads()).toBe(before);
  });

  it('that refers to itself in circles ends', async () => {
    here.behave(({ path }) => (path.includes('/referrers/') ? { status: 200, body: listOf(one, image) } : undefined));
    expect((await sandbox.run()).images).toMatchObject([{ outcome: 'copied', referrers: 1 }]);
  });
});

describe('a registry that has no referrers API', () => {
  it.each<readonly [string, () => Trouble]>([
    [
      'redirects to its website, which is not asked',
      () => ({ status: 303, headers: { location: `http://${elsewhere.host}/` } }),
    ],
    ['redirects to a page that is not there', () => ({ status: 303, headers: { location: '/none' } })],
    ['answers 405', () => ({ status: 405 })],
    ['answers with a page of HTML', () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' })],
  ])('and %s has its list under a tag', async (_, trouble) => {
    answer(trouble);
    expect((await sandbox.run()).images).toMatchObject([{ outcome: 'copied', referrers: 1 }]);
    expect(elsewhere.requests).toEqual([]);
    expect(await referrersAt(`${to}@${image}`)).toEqual([one]);
  });
});
