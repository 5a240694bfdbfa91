import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { testContext } from '../../../../test/op/test-context.js';
import { firstTimes, startUnrulyRegistry } from '../../../../test/op/unruly-registry.js';
import { withTools } from '../../../../test/tools.js';
import { sameImageInRegistry } from './same-image-in-registry.js';

let registry: LocalRegistry;
let index: string;
let images: readonly string[];

beforeAll(async () => {
  registry = await startRegistry();
  ({ index, images } = await pushIndex(`${registry.host}/dev/web:v1`));
});
afterAll(() => registry?.stop());

const env = { ...withTools(['crane']) };
const isSame = (expected: string, found: string, foundIn?: string) => {
  const { context } = testContext({ env });
  const image = { registry: registry.host, path: 'dev/web', digest: expected };
  return sameImageInRegistry(
    context,
    { insecure: [], env: {} },
    { expected: { imageName: 'web', image }, found, foundIn, usedBy: 'pod' },
    () => undefined,
  );
};
const configOf = async (digest: string): Promise<string> =>
  JSON.parse(await registryTool('crane', ['manifest', `${registry.host}/dev/web@${digest}`])).config.digest;

test('the manifest of a platform, and its configuration, are the image of the index', async () => {
  for (const digest of images) {
    expect(await isSame(index, digest)).toBe(true);
    expect(await isSame(index, await configOf(digest))).toBe(true);
    expect(await isSame(digest, await configOf(digest))).toBe(true);
  }
});

test('one platform is not another, and not the index', async () => {
  const [one = '', other = ''] = images;
  expect(await isSame(one, other)).toBe(false);
  expect(await isSame(one, await configOf(other))).toBe(false);
  expect(await isSame(one, index)).toBe(false);
});

test('another manifest of the same configuration has the same content: a node may report its digest', async () => {
  const [one = ''] = images;
  await registryTool('crane', [
    'mutate',
    '--annotation=a=b',
    '-t',
    `${registry.host}/other/web:v1`,
    `${registry.host}/dev/web@${one}`,
  ]);
  const annotated = await registryTool('crane', ['digest', `${registry.host}/other/web:v1`]);
  expect(annotated).not.toBe(one);
  expect(await isSame(index, annotated, `${registry.host}/other/web`)).toBe(true);
  expect(await isSame(one, annotated, `${registry.host}/other/web`)).toBe(true);
});

test('another image differs, and so does one that the registry does not have', async () => {
  const other = await pushImage(`${registry.host}/dev/web:other`);
  expect(await isSame(index, other)).toBe(false);
  expect(await isSame(index, `sha256:${'f'.repeat(64)}`)).toBe(false);
  expect(await isSame(index, other, '-not/a name')).toBe(false);
});

test('an index that holds more than manifests of the image is another image', async () => {
  const [, arm = ''] = images;
  const name = `${registry.host}/dev/web`;
  const hidden = await pushIndex(`${name}:hidden`);
  // A node takes the image of its own platform out of the inner index.
  const nested = ['-m', `${name}@${arm}`, '-m', `${name}@${hidden.index}`, '--flatten=false'];
  await registryTool('crane', ['index', 'append', ...nested, '-t', `${name}:nested`]);
  expect(await isSame(index, await registryTool('crane', ['digest', `${name}:nested`]))).toBe(false);

  const more = ['-m', `${name}@${arm}`, '-m', `${name}@${await pushImage(`${name}:gone`)}`];
  await registryTool('crane', ['index', 'append', ...more, '-t', `${name}:more`]);
  const digest = await registryTool('crane', ['digest', `${name}:more`]);
  await registryTool('crane', ['delete', `${name}@${await registryTool('crane', ['digest', `${name}:gone`])}`]);
  expect(await isSame(index, digest)).toBe(false);
});

test('a registry that does not answer proves nothing', async () => {
  const gone = await startRegistry();
  const image = { registry: gone.host, path: 'dev/web', digest: index };
  await gone.stop();
  const { context } = testContext({ env });
  const comparison = {
    expected: { imageName: 'web', image },
    found: images[0] ?? '',
    foundIn: undefined,
    usedBy: 'pod',
  } as const;
  const unread: string[] = [];
  expect(await sameImageInRegistry(context, { insecure: [], env: {} }, comparison, (name) => unread.push(name))).toBe(
    false,
  );
  expect(unread).toEqual([`${gone.host}/dev/web@${index}`]);
});

test('a registry that is busy for a while is asked again', async () => {
  const busy = await startUnrulyRegistry(registry.host);
  try {
    busy.behave(firstTimes(4, ({ path }) => path.includes('/manifests/'), { status: 429 }));
    const { context } = testContext({ env });
    const image = { registry: busy.host, path: 'dev/web', digest: index };
    const comparison = {
      expected: { imageName: 'web', image },
      found: images[0] ?? '',
      foundIn: undefined,
      usedBy: 'pod',
    } as const;
    const access = { insecure: [], env: {}, pauses: [10, 10, 10] };
    expect(await sameImageInRegistry(context, access, comparison, () => undefined)).toBe(true);
  } finally {
    await busy.stop();
  }
});
