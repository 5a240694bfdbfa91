import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { pushImage, registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let registry: LocalRegistry;
let room: string;
let count = 0;
let at: (environment: string) => string;

beforeAll(async () => {
  op = await bundledOp(['crane']);
  registry = await startPlainRegistry();
});
afterAll(async () => {
  await Promise.all([op?.dispose(), registry?.stop()]);
});
beforeEach(async () => {
  if (room !== undefined) await rm(room, { recursive: true, force: true });
  room = await mkdtemp(join(tmpdir(), 'trust-'));
  count += 1;
  const run = count;
  at = (environment) => `${registry.host}/run${run}/${environment}`;
  await environments('');
});

/** What the platform team says. */
const environments = (more: string) =>
  writeFile(
    join(room, 'platform.yaml'),
    `${more}environments:\n${['dev', 'pp', 'prod'].map((name) => `- {name: ${name}, repository: ${at(name)}}\n`).join('')}`,
  );

/** Writes a list, as a build does, or code of the repository. @returns its digest */
async function list(name: string, images: Readonly<Record<string, string>>): Promise<string> {
  const builds = Object.entries(images).map(([imageName, tag]) => ({ imageName, tag }));
  const text = `${JSON.stringify({ builds })}\n`;
  await writeFile(join(room, name), text);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function promote(source: string, destination: string, ...flags: string[]) {
  const result = join(room, 'LIST_DIGEST');
  const ran = await op.run(room, [
    'promote-image',
    '--environments=platform.yaml',
    `--source=${source}`,
    `--destination=${destination}`,
    `--result=LIST_DIGEST=${result}`,
    ...flags,
  ]);
  return { ...ran, listDigest: await readFile(result, 'utf8').catch(() => '') };
}

const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);

describe('a promotion trusts only the list that was handed on', () => {
  it('follows the digests from the build to prod', async () => {
    const web = await pushImage(`${at('dev')}/web:v1`);
    const built = await list('build_result.json', { web: `${at('dev')}/web:v1@${web}` });
    const dev = await promote('', 'dev', `--list-digest=${built}`);
    expect(dev).toMatchObject({ exitCode: 0 });
    const pp = await promote(
      'dev',
      'pp',
      '--build-result=build_result.dev.json',
      `--list-digest=${dev.listDigest}`,
      '--destination-build-result=build_result.pp.json',
    );
    expect(pp, pp.stderr).toMatchObject({ exitCode: 0 });
    const prod = await promote('pp', 'prod', '--build-result=build_result.pp.json', `--list-digest=${pp.listDigest}`);
    expect(prod, prod.stderr).toMatchObject({ exitCode: 0 });
    expect(await digestAt(`${at('prod')}/web:v1`)).toBe(web);
  });

  it('refuses a list that was replaced after the build, in the first environment and in the next', async () => {
    const [web, evil] = [await pushImage(`${at('dev')}/web:v1`), await pushImage(`${at('dev')}/web:evil`)];
    const built = await list('build_result.json', { web: `${at('dev')}/web:v1@${web}` });
    await list('build_result.json', { web: `${at('dev')}/web:evil@${evil}` });
    for (const [source, destination] of [
      ['', 'dev'],
      ['dev', 'pp'],
    ] as const) {
      const ran = await promote(source, destination, `--list-digest=${built}`);
      expect(ran).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('is not the list of images') });
      expect(existsSync(join(room, `build_result.${destination}.json`))).toBe(false);
    }
    expect(await digestAt(`${at('pp')}/web:evil`)).toBeUndefined();
  });

  it('refuses a link in place of the list', async () => {
    const web = await pushImage(`${at('dev')}/web:v1`);
    const built = await list('build_result.json', { web: `${at('dev')}/web:v1@${web}` });
    await rename(join(room, 'build_result.json'), join(room, 'other.json'));
    await symlink('other.json', join(room, 'build_result.json'));
    const ran = await promote('dev', 'pp', `--list-digest=${built}`);
    expect(ran).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('it is a link') });
  });

  it('refuses what another run on the same volume proved in dev', async () => {
    const [one, two] = [await pushImage(`${at('dev')}/web:c1`), await pushImage(`${at('dev')}/web:c2`)];
    const first = await promote(
      '',
      'dev',
      `--list-digest=${await list('build_result.json', { web: `${at('dev')}/web:c1@${one}` })}`,
    );
    const second = await promote(
      '',
      'dev',
      `--list-digest=${await list('build_result.json', { web: `${at('dev')}/web:c2@${two}` })}`,
    );
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    const flags = ['--build-result=build_result.dev.json', '--destination-build-result=build_result.pp.json'];
    expect(await promote('dev', 'pp', `--list-digest=${first.listDigest}`, ...flags)).toMatchObject({ exitCode: 6 });
    expect(await digestAt(`${at('pp')}/web:c2`)).toBeUndefined();
    expect(await promote('dev', 'pp', `--list-digest=${second.listDigest}`, ...flags)).toMatchObject({ exitCode: 0 });
  });

  it('is checked by publish, set-image and watch-deployment too, before they do anything', async () => {
    await list('build_result.json', { web: `${at('dev')}/web:v1@sha256:${'a'.repeat(64)}` });
    const digest = `--list-digest=sha256:${'b'.repeat(64)}`;
    const at6 = { exitCode: 6, stderr: expect.stringContaining('is not the list of images') };
    const here = ['--environments=platform.yaml', '--environment=dev', digest];
    const manifests = ['--repository=https://git.invalid/x.git', '--set=a.yaml:image=web:reference'];
    expect(await op.run(room, ['publish', `--git-revision=${'a'.repeat(40)}`, digest])).toMatchObject(at6);
    expect(await op.run(room, ['set-image', ...here, ...manifests])).toMatchObject(at6);
    expect(await op.run(room, ['watch-deployment', ...here, '--component=shop'])).toMatchObject(at6);
  });

  it('is not given together with image info', async () => {
    expect(await promote('dev', 'pp', '--from-image-info', '--list-digest=x')).toMatchObject({ exitCode: 2 });
  });
});

describe('names', () => {
  it.each(['other.invalid/team/app', 'ROOT/run/devious/app', 'ROOT/dev-other/app'])(
    '%s is outside of the repository of the first environment, which is refused',
    async (name) => {
      const image = name.replace('ROOT', registry.host);
      await list('build_result.json', { app: `${image}:v1@sha256:${'a'.repeat(64)}` });
      const ran = await promote('', 'dev');
      expect(ran).toMatchObject({ exitCode: 6, stderr: expect.stringContaining(`not below ${at('dev')}`) });
      expect(existsSync(join(room, 'build_result.dev.json'))).toBe(false);
    },
  );

  it('outside of the list of images are refused, whatever the build calls them', async () => {
    await environments('images: [web, team/api]\n');
    const image = (path: string) => `${at('dev')}/${path}:v1@sha256:${'a'.repeat(64)}`;
    for (const images of [{ payroll: image('payroll') }, { web: image('payroll') }, { payroll: image('web') }]) {
      await list('build_result.json', images);
      const ran = await promote('', 'dev');
      expect(ran).toMatchObject({
        exitCode: 6,
        stderr: expect.stringContaining('the images of dev are web, team/api'),
      });
      expect((await promote('dev', 'pp')).exitCode).toBe(6);
    }
    await list('build_result.json', { web: image('web'), 'team/api': image('team_api') });
    expect(await promote('', 'dev')).toMatchObject({ exitCode: 0 });
  });
});

describe('a properties file of the repository', () => {
  it.each([
    'PROMOTE_DESTINATION_REPOSITORY',
    'PROMOTE_SOURCE_REPOSITORY',
    'IMAGE_REPOSITORY_PROD',
    'GOOGLE_GKE_IMAGE_PP_REPOSITORY',
    'IMAGE_REPOSITORY_ELSEWHERE',
  ])('cannot redirect a promotion with %s', async (key) => {
    const web = await pushImage(`${at('dev')}/web:v1`);
    await list('build_result.json', { web: `${at('dev')}/web:v1@${web}` });
    await writeFile(join(room, 'pipeline.properties'), `# ours\n${key}=${registry.host}/theirs${count}\n`);
    const ran = await promote('dev', 'pp', '--config=pipeline.properties');
    expect(ran).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(
        `pipeline.properties:2 sets ${key}, and platform.yaml describes the environments`,
      ),
    });
    expect(await digestAt(`${registry.host}/theirs${count}/web:v1`)).toBeUndefined();
  });

  it('may say what environments.yaml says', async () => {
    const web = await pushImage(`${at('dev')}/web:v1`);
    await list('build_result.json', { web: `${at('dev')}/web:v1@${web}` });
    await writeFile(
      join(room, 'pipeline.properties'),
      `GOOGLE_GKE_IMAGE_REPOSITORY=${at('dev')}/\nSKAFFOLD_PROFILE=x\n`,
    );
    expect(await promote('dev', 'pp', '--config=pipeline.properties')).toMatchObject({ exitCode: 0 });
    expect(await digestAt(`${at('pp')}/web:v1`)).toBe(web);
  });
});
