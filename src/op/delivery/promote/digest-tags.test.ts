import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
import { attach, pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { isContained } from './digest-tags.js';

let registry: LocalRegistry;
let dev: string;
let pp: string;
let sandbox: PromoteSandbox;
let count = 0;

beforeAll(async () => {
  registry = await startPlainRegistry();
});
afterAll(() => registry?.stop());
beforeEach(async () => {
  count += 1;
  [dev, pp] = [`${registry.host}/dev${count}`, `${registry.host}/pp${count}`];
  sandbox = await createPromoteSandbox({ dev, pp });
  return () => sandbox.remove();
});

const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const tagOf = (digest: string, kind = 'sig') => `${digest.replace(':', '-')}.${kind}`;
const put = (reference: string, content: string) =>
  registryTool('regctl', ['artifact', 'put', reference, '--format={{.Manifest.GetDescriptor.Digest}}'], content);

/** Promotes the same image under a new tag, as a second commit with the same content does. */
async function promoteAs(tag: string, digest: string, parts: Parameters<PromoteSandbox['promote']>[0] = {}) {
  await registryTool('crane', ['tag', `${dev}/web@${digest}`, tag]);
  await sandbox.built({ web: `${dev}/web:${tag}@${digest}` });
  return sandbox.promote(parts);
}

describe('a tag sha256-DIGEST.sig at the destination', () => {
  it('is not moved by whoever may push to the source, unless --overwrite', async () => {
    const digest = await pushImage(`${dev}/web:v1`);
    const signature = await put(`${dev}/web:${tagOf(digest)}`, 'the signature');
    await promoteAs('v1', digest);
    expect(await digestAt(`${pp}/web:${tagOf(digest)}`)).toBe(signature);
    const other = await put(`${dev}/web:${tagOf(digest)}`, 'something else');
    await expect(promoteAs('v2', digest)).rejects.toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(
        new RegExp(`^${pp}/web:${tagOf(digest)}, .* names ${signature}, and ${dev}/web:.* names ${other}, `, 'u'),
      ),
      hint: expect.stringContaining('--overwrite'),
    });
    expect(await digestAt(`${pp}/web:${tagOf(digest)}`)).toBe(signature);
    expect(await digestAt(`${pp}/web:v2`)).toBeUndefined();
    await promoteAs('v2', digest, { referrers: false });
    expect(await digestAt(`${pp}/web:${tagOf(digest)}`)).toBe(signature);
    await promoteAs('v3', digest, { overwrite: true });
    expect(await digestAt(`${pp}/web:${tagOf(digest)}`)).toBe(other);
    expect(sandbox.printed.join('')).toContain(`moved ${pp}/web:${tagOf(digest)} to ${other}, instead of ${signature}`);
  });

  it('is no obstacle when both sides have the same, and others are added', async () => {
    const digest = await pushImage(`${dev}/web:v1`);
    await put(`${dev}/web:${tagOf(digest)}`, 'the signature');
    await promoteAs('v1', digest);
    const added = await put(`${dev}/web:${tagOf(digest, 'att')}`, 'an attestation');
    await promoteAs('v2', digest);
    expect(await digestAt(`${pp}/web:${tagOf(digest, 'att')}`)).toBe(added);
  });

  it('may get another signature at the end', async () => {
    const digest = await pushImage(`${dev}/web:v1`);
    const tagged = `${dev}/web:${tagOf(digest)}`;
    await registryTool('crane', ['copy', `${dev}/web@${await pushImage(`${dev}/web:first`)}`, tagged]);
    await promoteAs('v1', digest);
    await registryTool('regctl', ['image', 'mod', tagged, '--replace', `--layer-add=dir=${sandbox.path}`]);
    const grown = await digestAt(tagged);
    await promoteAs('v2', digest);
    expect(await digestAt(`${pp}/web:${tagOf(digest)}`)).toBe(grown);
  });

  it('is protected for the images of an index too', async () => {
    const { index, images } = await pushIndex(`${dev}/web:v1`);
    const [child = ''] = images;
    const signature = await put(`${dev}/web:${tagOf(child)}`, 'of one platform');
    await promoteAs('v1', index);
    expect(await digestAt(`${pp}/web:${tagOf(child)}`)).toBe(signature);
    await put(`${dev}/web:${tagOf(child)}`, 'something else');
    await expect(promoteAs('v2', index)).rejects.toMatchObject({ kind: 'refused' });
    expect(await digestAt(`${pp}/web:${tagOf(child)}`)).toBe(signature);
  });
});

it('the list of referrers sha256-DIGEST at the destination only grows', async () => {
  const digest = await pushImage(`${dev}/web:v1`);
  const list = async () =>
    (
      await registryTool('regctl', [
        'artifact',
        'list',
        `${pp}/web@${digest}`,
        '--format={{range .Descriptors}}{{.Digest}} {{end}}',
      ])
    )
      .trim()
      .split(' ')
      .sort();
  const sbom = await attach(`${dev}/web@${digest}`, 'application/vnd.example.sbom');
  await promoteAs('v1', digest);
  const own = await attach(`${pp}/web@${digest}`, 'application/vnd.example.approval');
  // At the source, the list is emptied, and gets another entry.
  await registryTool('crane', ['index', 'append', '-t', `${dev}/web:${digest.replace(':', '-')}`]);
  const added = await attach(`${dev}/web@${digest}`, 'application/vnd.example.signature');
  await promoteAs('v2', digest);
  expect(await list()).toEqual([sbom, own, added].sort());
});

describe('a manifest contains an earlier one', () => {
  const layer = (digest: string, signature = 's') => ({ digest, size: 1, annotations: { signature } });
  const text = (layers: readonly unknown[], more = {}) => JSON.stringify({ schemaVersion: 2, layers, ...more });

  it.each<readonly [string, boolean, string, string]>([
    ['one more layer', true, text([layer('a')]), text([layer('a'), layer('b')])],
    ['the same payload with another signature', true, text([layer('a')]), text([layer('a'), layer('a', 'other')])],
    ['another signature in its place', false, text([layer('a')]), text([layer('a', 'other')])],
    ['another first layer', false, text([layer('a')]), text([layer('b'), layer('a')])],
    ['a layer less', false, text([layer('a'), layer('b')]), text([layer('a')])],
    ['another kind', false, text([layer('a')]), text([layer('a')], { artifactType: 'x' })],
    [
      'an index with one more entry',
      true,
      JSON.stringify({ manifests: [layer('a')] }),
      JSON.stringify({ manifests: [layer('a'), layer('b')] }),
    ],
    ['an index of the layers', false, text([layer('a')]), JSON.stringify({ manifests: [layer('a')] })],
    ['anything, where the earlier one has no content', false, text([]), text([layer('a')])],
    ['keys in another order', true, '{"layers":[{"digest":"a","size":1}]}', '{"layers":[{"size":1,"digest":"a"}]}'],
    ['a text that is not JSON', false, text([layer('a')]), 'x'],
    [
      'other layers in another case, which Go reads instead',
      false,
      text([layer('a')]),
      text([layer('a'), layer('b')], { Layers: [layer('b')] }),
    ],
  ])('%s: %s', (_, expected, earlier, later) => expect(isContained(earlier, later)).toBe(expected));
});
