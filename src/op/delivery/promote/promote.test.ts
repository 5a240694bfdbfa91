import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let op: Op;
let room: string;
let registry: LocalRegistry;
/** The destination, which counts requests. */
let there: UnrulyRegistry;
let count = 0;
let dev: string;
let pp: string;

beforeAll(async () => {
  op = await bundledOp(['crane']);
  registry = await startPlainRegistry();
  there = await startUnrulyRegistry(registry.host);
});
afterAll(async () => {
  await Promise.all([op?.dispose(), registry?.stop(), there?.stop()]);
});
beforeEach(async () => {
  if (room !== undefined) await rm(room, { recursive: true, force: true });
  room = await mkdtemp(join(tmpdir(), 'promote-test-'));
  count += 1;
  dev = `${registry.host}/dev${count}`;
  pp = `${there.host}/pp${count}`;
  there.calm();
});

/** Writes the build result, as `name: tag[@digest]` below the repository of dev. */
async function built(images: Readonly<Record<string, string>>): Promise<void> {
  const builds = Object.entries(images).map(([imageName, tag]) => ({ imageName, tag: `${dev}/${imageName}:${tag}` }));
  await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
}
const promote = (...flags: string[]) =>
  op.run(room, ['promote-image', '--source=dev', '--destination=pp', ...flags], {
    GOOGLE_GKE_IMAGE_REPOSITORY: dev,
    GOOGLE_GKE_IMAGE_PP_REPOSITORY: pp,
    GOOGLE_GKE_IMAGE_PROD_REPOSITORY: `${there.host}/prod${count}`,
  });
const json = async (name: string) => JSON.parse(await readFile(join(room, name), 'utf8'));
const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const files = ['promotion_result.json', 'build_result.pp.json'];
const nothingWritten = () => files.every((name) => !existsSync(join(room, name)));

describe('op promote-image', () => {
  it('copies every image under its tag and digest, and lists it in both files', async () => {
    const web = await pushImage(`${dev}/web:v1`);
    const { index, images } = await pushIndex(`${dev}/team/api:v1`);
    await built({ web: `v1@${web}`, 'team/api': `v1@${index}` });
    const ran = await promote(`--result=PROMOTED=${join(room, 'result')}`);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await digestAt(`${pp}/web:v1`)).toBe(web);
    expect(await digestAt(`${pp}/team/api:v1`)).toBe(index);
    for (const image of images) expect(await digestAt(`${pp}/team/api@${image}`)).toBe(image);
    expect(await json('promotion_result.json')).toEqual({
      source: { environment: 'dev', repository: dev },
      destination: { environment: 'pp', repository: pp },
      images: [
        {
          imageName: 'web',
          source: `${dev}/web:v1@${web}`,
          destination: `${pp}/web:v1@${web}`,
          digest: web,
          outcome: 'copied',
          referrers: 0,
        },
        expect.objectContaining({ imageName: 'team/api', digest: index, outcome: 'copied' }),
      ],
    });
    expect(await json('build_result.pp.json')).toEqual({
      builds: [
        { imageName: 'web', tag: `${pp}/web:v1@${web}` },
        { imageName: 'team/api', tag: `${pp}/team/api:v1@${index}` },
      ],
    });
    expect(await readFile(join(room, 'result'), 'utf8')).toBe(`${pp}/web:v1@${web},${pp}/team/api:v1@${index}`);
    expect(ran.stderr).toMatch(/^promote 2 images from dev \(/u);
    expect(ran.stderr).toMatch(
      /promoted 2 images to pp in [\d.]+ s: 2 copied\nnext: op watch-deployment --environment pp .*build_result\.pp\.json$/u,
    );
  });

  it('checks an image that is already there, and that nothing refers to, with one request at the destination', async () => {
    const [web, api] = [await pushImage(`${dev}/web:v1`), await pushImage(`${dev}/api:v1`)];
    await built({ web: `v1@${web}`, api: `v1@${api}` });
    expect((await promote()).exitCode).toBe(0);
    there.calm();
    const again = await promote();
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('2 already there') });
    expect(there.requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      `HEAD /v2/pp${count}/api/manifests/v1`,
      `HEAD /v2/pp${count}/web/manifests/v1`,
    ]);
    expect((await json('promotion_result.json')).images[0]).toMatchObject({
      outcome: 'already-there',
      referrers: 0,
    });
  });

  it('does not move the tag of another image, copies nothing, and names both digests', async () => {
    const [web, api] = [await pushImage(`${dev}/web:v1`), await pushImage(`${dev}/api:v1`)];
    const other = await pushImage(`${pp}/web:v1`);
    await built({ web: `v1@${web}`, api: `v1@${api}` });
    await writeFile(join(room, 'promotion_result.json'), 'of an earlier run');
    await writeFile(join(room, 'build_result.pp.json'), 'of an earlier run');
    const ran = await promote();
    expect(ran.exitCode).toBe(6);
    expect(ran.stderr).toContain('error: image "web" is not promoted to pp');
    expect(ran.stderr).toContain(web);
    expect(ran.stderr).toContain(other);
    expect(await digestAt(`${pp}/api:v1`)).toBeUndefined();
    expect(await digestAt(`${pp}/web:v1`)).toBe(other);
    expect(nothingWritten()).toBe(true);
    const forced = await promote('--overwrite');
    expect(forced).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('1 copied, 1 overwritten') });
    expect(forced.stderr).toContain(`instead of ${other}`);
    expect(await digestAt(`${pp}/web:v1`)).toBe(web);
  });

  it('uses the digest of the build when the tag has since moved at the source', async () => {
    const web = await pushImage(`${dev}/web:v1`);
    await pushImage(`${dev}/web:v1`);
    await built({ web: `v1@${web}` });
    expect((await promote()).exitCode).toBe(0);
    expect(await digestAt(`${pp}/web:v1`)).toBe(web);
  });

  it('asks the source for the digest of an image that has only a tag', async () => {
    const web = await pushImage(`${dev}/web:v1`);
    await built({ web: 'v1' });
    expect((await promote()).exitCode).toBe(0);
    expect((await json('build_result.pp.json')).builds[0].tag).toBe(`${pp}/web:v1@${web}`);
  });

  it('copies no image when one is missing at the source', async () => {
    const web = await pushImage(`${dev}/web:v1`);
    await built({ web: `v1@${web}`, api: `v1@sha256:${'a'.repeat(64)}`, job: 'v1' });
    const ran = await promote();
    expect(ran).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('image "api" is not in dev') });
    expect(ran.stderr).toContain('image "job" is not in dev');
    expect(await digestAt(`${pp}/web:v1`)).toBeUndefined();
    expect(nothingWritten()).toBe(true);
  });

  it('prints the plan and changes nothing with --dry-run', async () => {
    const [web, api] = [await pushImage(`${dev}/web:v1`), await pushImage(`${dev}/api:v1`)];
    await built({ web: `v1@${web}`, api: `v1@${api}` });
    await promote('--image-name=web');
    there.calm();
    await writeFile(join(room, 'promotion_result.json'), 'of an earlier run');
    const ran = await promote('--dry-run');
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout.split('\n').map((line) => line.split(/ {2,}/u))).toEqual([
      ['IMAGE', 'DIGEST', 'SOURCE', 'DESTINATION', 'PLAN'],
      ['web', web.slice(0, 19), `${dev}/web:v1`, `${pp}/web:v1`, 'already there'],
      ['api', api.slice(0, 19), `${dev}/api:v1`, `${pp}/api:v1`, 'copy, 0 referrers'],
    ]);
    expect(there.requests.every(({ method }) => method === 'HEAD' || method === 'GET')).toBe(true);
    expect(await readFile(join(room, 'promotion_result.json'), 'utf8')).toBe('of an earlier run');
    await pushImage(`${pp}/api:v1`);
    const refused = await promote('--dry-run');
    expect(refused).toMatchObject({ exitCode: 6, stdout: expect.stringMatching(/api .* refused$/u) });
  });

  it('promotes only the images that are named', async () => {
    const [web, api] = [await pushImage(`${dev}/web:v1`), await pushImage(`${dev}/api:v1`)];
    await built({ web: `v1@${web}`, api: `v1@${api}`, gone: 'v1' });
    expect((await promote('--image-name=web,api', '--image-name=web')).exitCode).toBe(0);
    expect((await json('build_result.pp.json')).builds).toHaveLength(2);
    expect(await promote('--image-name=nope')).toMatchObject({ exitCode: 3 });
    expect(nothingWritten()).toBe(true);
  });

  it('continues to the next environment with its own result, or with the first build result', async () => {
    const web = await pushImage(`${dev}/web:v1`);
    await built({ web: `v1@${web}` });
    await promote();
    const prod = `${there.host}/prod${count}/web:v1`;
    const next = ['--source=pp', '--destination=prod'];
    expect((await promote(...next, '--dry-run', '--build-result=build_result.pp.json')).exitCode).toBe(0);
    const ran = await promote(...next);
    expect(ran.exitCode).toBe(0);
    expect(await digestAt(prod)).toBe(web);
    expect((await json('promotion_result.json')).images[0].source).toBe(`${pp}/web:v1@${web}`);
    expect(await json('build_result.prod.json')).toEqual({ builds: [{ imageName: 'web', tag: `${prod}@${web}` }] });
  });

  it('promotes twenty images', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `app-${index}`);
    const digests = await Promise.all(names.map((name) => pushImage(`${dev}/${name}:v1`, 10_000)));
    await built(Object.fromEntries(names.map((name, index) => [name, `v1@${digests[index]}`])));
    expect(await promote()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('20 copied') });
    expect(await Promise.all(names.map((name) => digestAt(`${pp}/${name}:v1`)))).toEqual(digests);
  });

  it('succeeds twice at the same time', async () => {
    const web = await pushImage(`${dev}/web:v1`, 2_000_000);
    await built({ web: `v1@${web}` });
    const both = await Promise.all([
      promote(),
      promote('--promotion-result=other.json', '--destination-build-result=b.json'),
    ]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await digestAt(`${pp}/web:v1`)).toBe(web);
  });
});
