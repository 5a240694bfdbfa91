import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../../test/op/mirror-sandbox.js';
import { pushImage, registryTool } from '../../../../test/op/pushed-image.js';
import { signByTag } from '../../../../test/op/pushed-signature.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let other: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let sandbox: MirrorSandbox;
let count = 0;
let from: string;
let to: string;
let image: string;

beforeAll(async () => {
  [registry, other] = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
  [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(other.host)]);
});
afterAll(() => Promise.all([here?.stop(), there?.stop(), registry?.stop(), other?.stop()]));
beforeEach(async () => {
  count += 1;
  [from, to] = [`${registry.host}/hub${count}/app`, `${other.host}/site${count}/app`];
  sandbox = await createMirrorSandbox();
  image = await pushImage(`${from}:v1`);
  await file('{ copy: [.sig, .att] }');
  here.calm();
  there.calm();
});
afterEach(() => sandbox.remove());

const file = (referrers: string, more = '') =>
  sandbox.write(
    'mirror.yaml',
    `version: 1\nsources: [{ from: '${here.host}/hub${count}/app:v1', to: '${there.host}/site${count}/app', referrers: ${referrers}${more} }]\n`,
  );
const digestAt = (repository: string, suffix = '.sig') =>
  registryTool('crane', ['digest', `${repository}:${image.replace(':', '-')}${suffix}`]).catch(() => undefined);
const isPull = ({ method, path }: Asked) => method === 'GET' && /\/(?:manifests|blobs)\//u.test(path);
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );

describe("a tag of cosign's", () => {
  it('goes with its image, grows with it, and an unchanged one is not read', async () => {
    await signByTag(`${from}@${image}`, ['one']);
    const attestation = await signByTag(`${from}@${image}`, ['att'], '.att');
    await signByTag(`${from}@${image}`, ['sbom'], '.sbom');
    expect((await sandbox.run({ deep: true })).images).toMatchObject([{ outcome: 'copied', referrers: 2 }]);
    expect([await digestAt(to, '.att'), await digestAt(to, '.sbom')]).toEqual([attestation, undefined]);
    const grown = await signByTag(`${from}@${image}`, ['one', 'two']);
    expect((await sandbox.run()).totals).toMatchObject({ attached: 1 });
    expect(await digestAt(to)).toBe(grown);
    // As with cosign attest --replace: what was copied from there before may be replaced.
    const replaced = await signByTag(`${from}@${image}`, ['three'], '.att');
    expect((await sandbox.run()).totals).toMatchObject({ attached: 1 });
    expect(await digestAt(to, '.att')).toBe(replaced);
    here.calm();
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });
    expect(here.requests.filter(isPull)).toEqual([]);
  });

  it('that the destination has signed, too, is never overwritten', async () => {
    await signByTag(`${from}@${image}`, ['one']);
    await sandbox.run();
    const both = await signByTag(`${to}@${image}`, ['one', 'our own']);
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });
    await sandbox.verify();
    here.calm();
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });
    expect(here.requests.filter(isPull)).toEqual([]);
    // Now each side has a signature that the other lacks.
    await signByTag(`${from}@${image}`, ['one', 'two']);
    expect(await failed(sandbox.run())).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/drift: not copied: \.sig: sha256-.*\.sig at the destination has entries of its own/u),
    });
    expect(await digestAt(to)).toBe(both);
    // It is there: it is not missing.
    await file('{ copy: [.sig], required: [.sig] }', ', drift: keep');
    expect((await sandbox.run()).totals).toMatchObject({ drift: 1 });
    expect(await digestAt(to)).toBe(both);
  });

  it('that is given to something else between plan and copy is not overwritten', async () => {
    await signByTag(`${from}@${image}`, ['one']);
    await sandbox.resolve();
    const own = await signByTag(`${to}@${image}`, ['our own']);
    expect((await failed(sandbox.copy())).why).toMatch(/something else writes to it/u);
    expect(await digestAt(to)).toBe(own);
  });

  it.each([
    ['is not there', { status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' }],
    [
      'cannot be, as the registry does not know the name',
      { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    ],
  ])('that %s is no error unless it is required', async (_, trouble) => {
    here.behave(({ path }) => (/sha256-[0-9a-f]{64}/u.test(path) ? trouble : undefined));
    expect((await sandbox.run()).images).toMatchObject([{ outcome: 'copied', referrers: 0 }]);
    await file('{ copy: all, required: [.sig] }');
    expect(await failed(sandbox.run())).toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('nothing at the source that refers to it is .sig, which is required'),
    });
    here.calm();
    await signByTag(`${from}@${image}`, ['one']);
    expect((await sandbox.run()).totals).toMatchObject({ attached: 1 });
  });
});
