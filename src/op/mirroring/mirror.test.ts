import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../test/op/mirror-sandbox.js';
import { pushImage, pushIndex, registryTool } from '../../../test/op/pushed-image.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let other: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let sandbox: MirrorSandbox;
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
  sandbox = await createMirrorSandbox();
});
afterEach(() => sandbox.remove());

const direct = (reference: string) => reference.replace(here.host, registry.host).replace(there.host, other.host);
const digestAt = (reference: string) => registryTool('crane', ['digest', direct(reference)]).catch(() => undefined);
const calm = () => {
  here.calm();
  there.calm();
};
const asked = ({ requests }: UnrulyRegistry) => requests.map(({ method, path }) => `${method} ${path}`).toSorted();
const isBlobRead = ({ method, path }: Asked) => method === 'GET' && path.includes('/blobs/');
const isManifestRead = ({ method, path }: Asked) => method === 'GET' && path.includes('/manifests/');
const isUpload = ({ method, path }: Asked) => method === 'PUT' && path.includes('/blobs/uploads/');

describe('a mirror', () => {
  it('copies images, indexes, pinned tags and digests, and then finds nothing to do and reads nothing', async () => {
    const web = await pushImage(direct(`${source}/web:v1`));
    const { index } = await pushIndex(direct(`${source}/multi:v1`));
    const [first, second] = [await pushImage(direct(`${source}/db:x`)), await pushImage(direct(`${source}/db:y`))];
    await sandbox.write(
      'mirror.yaml',
      `version: 1
defaults: { to: '${target}/{path}' }
sources:
  - { from: '${source}/web', tags: { regex: 'v.*' } }
  - { from: '${source}/multi:v1', to: '${target}/renamed:{tag}-site' }
  - { from: '${source}/db', digests: ['${first}', '${second}'] }
  - { from: '${source}/db:stable@${second}' }
`,
    );
    const report = await sandbox.run();
    expect(report.totals).toMatchObject({ copied: 5, failed: 0, wrong: 0 });
    expect(report.images.every(({ verified }) => verified)).toBe(true);
    const path = `hub${count}`;
    expect(await digestAt(`${target}/${path}/web:v1`)).toBe(web);
    expect(await digestAt(`${target}/renamed:v1-site`)).toBe(index);
    expect(await digestAt(`${target}/${path}/db@${first}`)).toBe(first);
    expect(await digestAt(`${target}/${path}/db@${second}`)).toBe(second);
    expect(await digestAt(`${target}/${path}/db:stable`)).toBe(second);
    await registryTool('crane', ['validate', '--remote', direct(`${target}/renamed:v1-site`)]);

    calm();
    const again = await sandbox.run();
    expect(again.totals).toMatchObject({ unchanged: 5, copied: 0 });
    // A question for each image at each side, however many places it goes to, and the list of the tags that are selected by a pattern: no
    // pull, no write.
    const heads = (prefix: string, references: readonly string[]) =>
      references.map((reference) => `HEAD /v2/${prefix}/${reference}`);
    const hub = ['web/manifests/v1', 'multi/manifests/v1', ...[first, second].map((one) => `db/manifests/${one}`)];
    expect(asked(here)).toEqual([`GET /v2/${path}/web/tags/list`, ...heads(path, hub)].toSorted());
    const site = [`${path}/web/manifests/v1`, 'renamed/manifests/v1-site', `${path}/db/manifests/stable`];
    const byDigest = [first, second].map((one) => `${path}/db/manifests/${one}`);
    expect(asked(there)).toEqual(heads(`site${count}`, [...site, ...byDigest]).toSorted());
    expect(again.images.every(({ verified }) => verified)).toBe(true);
  });

  it('asks for a new tag once before it is written, and once after', async () => {
    await pushImage(direct(`${source}/web:v1`));
    await sandbox.write('mirror.yaml', `version: 1\nsources: [{ from: '${source}/web:v1', to: '${target}/web' }]\n`);
    calm();
    await sandbox.run();
    const aboutTag = there.requests.filter(({ path }) => path.endsWith('/web/manifests/v1'));
    // A registry that has not shown yet that it finds by HEAD must say by GET that there is nothing.
    expect(aboutTag.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'GET', 'PUT', 'HEAD']);
  });

  it('uploads a layer once that images share, and of a tag that moved only what is new', async () => {
    await pushImage(direct(`${source}/base:v1`), 300_000);
    for (const name of ['one', 'two', 'three']) {
      await registryTool('crane', [
        'mutate',
        '--label',
        `name=${name}`,
        '-t',
        direct(`${source}/${name}:v1`),
        direct(`${source}/base:v1`),
      ]);
    }
    const sources = ['base', 'one', 'two', 'three'].map((name) => `  - from: ${source}/${name}:v1\n`).join('');
    await sandbox.write('mirror.yaml', `version: 1\ndefaults: { to: '${target}/{name}' }\nsources:\n${sources}`);
    calm();
    await sandbox.run();
    // One layer, and four configurations.
    expect(there.requests.filter(isUpload)).toHaveLength(5);
    expect(here.requests.filter(isBlobRead)).toHaveLength(5);
    await registryTool('crane', ['validate', '--remote', direct(`${target}/three:v1`)]);

    await registryTool('crane', [
      'mutate',
      '--label',
      'name=moved',
      '-t',
      direct(`${source}/two:v1`),
      direct(`${source}/base:v1`),
    ]);
    calm();
    const report = await sandbox.run();
    expect(report.totals).toMatchObject({ overwritten: 1, unchanged: 3 });
    expect(there.requests.filter(isUpload)).toHaveLength(1);
    expect(here.requests.filter(isBlobRead)).toHaveLength(1);
    expect(here.requests.filter(isManifestRead)).toHaveLength(1);
  });
});
