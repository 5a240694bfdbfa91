import { describe, expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { chooseStore } from './choose.js';

const choose = (flag: string) => chooseStore(testContext().context, flag);

test('a store in a cluster may name its namespace', async () => {
  expect(await choose('cluster')).toEqual({ kind: 'cluster' });
  expect(await choose('cluster:shop-intent')).toEqual({ kind: 'cluster', namespace: 'shop-intent' });
  for (const wrong of ['cluster:', 'cluster:-x', 'cluster:A', 'cluster:a/b', `cluster:${'x'.repeat(64)}`]) {
    await expect(choose(wrong)).rejects.toMatchObject({
      kind: 'input',
      hint: expect.stringContaining('--store=cluster'),
    });
  }
});

describe('a store in a branch', () => {
  test.each([
    ['git:https://h.io/g/shop.git#images', 'https://h.io/g/shop.git', 'images'],
    ['git:https://h.io/g/shop.git', 'https://h.io/g/shop.git', 'octopipeline'],
    ['git:https://ann@h.io/g/shop.git#a/b', 'https://h.io/g/shop.git', 'a/b'],
    ['git:git@h.io:g/shop.git#x', 'git@h.io:g/shop.git', 'x'],
    ['git:ssh://git@h.io:22/g/shop.git#x#y', 'ssh://git@h.io:22/g/shop.git', 'x#y'],
    ['git:git://h.io/shop.git', 'git://h.io/shop.git', 'octopipeline'],
  ])('%s', async (flag, clean, branch) => {
    expect(await choose(flag)).toMatchObject({ kind: 'git', url: { clean }, branch });
  });

  test.each([
    ['git:/srv/shop.git', 'it is a local path, or incomplete'],
    ['git://h.io/shop.git#x', 'it is a local path, or incomplete'],
    ['git:file:///srv/shop.git', 'op does not use file://'],
    ['git:ext::sh', 'it names a helper program'],
    ['git:--upload-pack=sh', 'git would take it for an option'],
    ['git:https://ann:s3cret@h.io/shop.git', 'anyone who can read the run'],
    ['git:https://h.io/shop.git#', 'it is empty'],
    ['git:https://h.io/shop.git#-x', 'git would take it for an option'],
    ['git:https://h.io/shop.git#a..b', 'it is a git expression'],
    ['git:https://h.io/shop.git#a\nb', 'it has a line break'],
    ['git:', 'a store is cluster, cluster:NAMESPACE, directory:PATH, or git:URL#BRANCH'],
    ['https://ann:s3cret@h.io/shop.git', 'a store is cluster, cluster:NAMESPACE, directory:PATH, or git:URL#BRANCH'],
  ])('%s is refused', async (flag, why) => {
    const refused = { kind: 'input', why: expect.stringContaining(why), message: expect.stringContaining('(--store)') };
    await expect(choose(flag)).rejects.toMatchObject(refused);
    await expect(choose(flag)).rejects.not.toThrow('s3cret');
  });
});
