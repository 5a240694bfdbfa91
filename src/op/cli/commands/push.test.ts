import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;

beforeAll(async () => {
  op = await bundledOp();
  registry = await startRegistry();
});
afterAll(() => Promise.all([op.dispose(), registry.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository();
});
afterEach(() => repository.remove());

const crane = (...args: string[]) =>
  execFileSync('crane', args, {
    env: withTools(['crane']),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const resultFile = () => join(repository.directory, 'build_result.json');
const builds = async (): Promise<{ imageName: string; tag: string }[]> =>
  JSON.parse(await readFile(resultFile(), 'utf8')).builds;
const push = (...args: string[]) => op.run(repository.directory, ['push', ...args]);

describe('op push', () => {
  it('pushes every image and lists them with their digests in the registry, dependencies first', async () => {
    const prefix = `${registry.host}/all`;
    const ran = await push(`--default-repo=${prefix}`);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    const short = repository.git('rev-parse', '--short', 'HEAD');
    const [base, app] = ['base', 'team_app'].map((name) => `${prefix}/${name}:${short}`);
    expect(await builds()).toEqual([
      { imageName: 'base', tag: `${base}@${crane('digest', `${base}`)}` },
      { imageName: 'team/app', tag: `${app}@${crane('digest', `${app}`)}` },
    ]);
    const lines = ran.stderr.trim().split('\n');
    expect(lines[0]).toBe(
      `building the images of skaffold.yaml in ${repository.directory}, pushing to ${prefix} (--default-repo)`,
    );
    expect(ran.stderr).toMatch(
      /^IMAGE +TAG +DIGEST +SIZE +ENGINE +HOW +TIME\nbase +\S+ +[0-9a-f]{12} +\d+ B +skaffold +built +[\d.]+ s\nteam\/app +\S+/mu,
    );
    expect(ran.stderr).not.toContain('Docker daemon');
    expect(lines.at(-1)).toBe(
      `done: 2 images in ${prefix}, listed in build_result.json; next: op publish --build-result=build_result.json --git-revision=${repository.git('rev-parse', 'HEAD')}`,
    );
  });

  it('writes the requested outputs without a trailing newline', async () => {
    repository.git('remote', 'add', 'origin', 'https://bob:secret@git.example.com/shop.git');
    const names = [
      'IMAGE_URL',
      'IMAGE_DIGEST',
      'IMAGES',
      'REUSED_IMAGES',
      'LIST_DIGEST',
      'CHAINS-GIT_URL',
      'CHAINS-GIT_COMMIT',
    ];
    const results = names.map((name) => `--result=${name}=${join(op.home, name)}`);
    const ran = await push('--repo', `${registry.host}/outputs`, ...results);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).not.toContain('secret');
    const [url, digest, images, reused, listDigest, gitUrl, commit] = await Promise.all(
      names.map((name) => readFile(join(op.home, name), 'utf8')),
    );
    const short = repository.git('rev-parse', '--short', 'HEAD');
    expect(url).toBe(`${registry.host}/outputs/team_app:${short}`);
    expect(digest).toBe(crane('digest', `${url}`));
    expect(images?.split(',')).toEqual((await builds()).map(({ tag }) => tag));
    expect(reused).toBe('');
    const list = await readFile(join(repository.directory, 'build_result.json'));
    expect(listDigest).toBe(`sha256:${createHash('sha256').update(list).digest('hex')}`);
    expect(gitUrl).toBe('https://git.example.com/shop.git');
    expect(commit).toBe(repository.git('rev-parse', 'HEAD'));
  });

  it('writes the outputs of the image that --image-name selects', async () => {
    const file = join(op.home, 'url');
    await push(`--repo=${registry.host}/named`, '--image-name=base', `--result=IMAGE_URL=${file}`);
    expect(await readFile(file, 'utf8')).toContain('/named/base:');
    const unknown = await push(`--repo=${registry.host}/named`, '--image-name=bas');
    expect(unknown.exitCode).toBe(3);
    expect(unknown.stderr).toContain('it lists base, team/app');
  });

  it('builds nothing for a commit whose images exist, and writes the same list', async () => {
    const prefix = `${registry.host}/reuse`;
    await push(`--default-repo=${prefix}`);
    const first = await readFile(resultFile(), 'utf8');
    const outputs = ['IMAGE_DIGEST', 'IMAGES', 'REUSED_IMAGES'];
    const ran = await push(
      `--default-repo=${prefix}`,
      ...outputs.map((name) => `--result=${name}=${join(op.home, name)}`),
    );
    expect(ran.exitCode).toBe(0);
    // Tekton Chains would attest the first two as built from this commit.
    const given = await Promise.all(outputs.map((name) => readFile(join(op.home, name), 'utf8')));
    expect(given).toEqual(['', '', (await builds()).map(({ tag }) => tag).join(',')]);
    expect(ran.stderr).toContain(`already built: ${prefix}/base:`);
    expect(ran.stderr).not.toMatch(/^building \d+ images?: /mu);
    expect(ran.stderr).toContain(`nothing to build: 2 images in ${prefix}`);
    expect(await readFile(resultFile(), 'utf8')).toBe(first);
  });

  it('rebuilds with --rebuild, and when an image is missing', async () => {
    const prefix = `${registry.host}/again`;
    await push(`--default-repo=${prefix}`);
    const rebuilt = await push(`--default-repo=${prefix}`, '--rebuild');
    expect(rebuilt.stderr).toContain('building 2 images: --rebuild is set');
    expect(rebuilt.stderr).toMatch(/^base .* built /mu);
    const short = repository.git('rev-parse', '--short', 'HEAD');
    crane('delete', `${prefix}/base:${short}`);
    const missing = await push(`--default-repo=${prefix}`);
    expect(missing.stderr).toContain(`building 2 images: ${prefix}/base:${short} is not in the registry`);
  });

  it('never mistakes a changed tree for its commit, and names no commit for it', async () => {
    const prefix = `${registry.host}/dirty`;
    await push(`--default-repo=${prefix}`);
    await writeFile(join(repository.directory, 'app', 'new.txt'), 'new');
    const file = join(op.home, 'commit');
    const ran = await push(`--default-repo=${prefix}`, `--result=CHAINS-GIT_COMMIT=${file}`);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain('warning: 1 file differs from that commit');
    expect(ran.stderr).toContain('building 2 images: base: 1 file differs from commit');
    expect((await builds())[1]?.tag).toContain('-dirty@sha256:');
    expect(ran.stderr).toMatch(
      /warning: \S+\/base:[0-9a-f]{7} will name the commit, and be built from a tree that differs/u,
    );
    expect(ran.stderr).not.toMatch(/warning: \S+\/team_app/u);
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('ignores its own build_result.json even when git does not', async () => {
    const prefix = `${registry.host}/own`;
    repository.git('rm', '--quiet', '.gitignore');
    repository.commit();
    await push(`--default-repo=${prefix}`);
    const ran = await push(`--default-repo=${prefix}`);
    expect(ran.stderr).toContain('already built');
    expect(ran.stderr).not.toContain('differ');
  });

  it('reuses images whose tag is the digest of their files, even for another commit', async () => {
    const prefix = `${registry.host}/content`;
    await push(`--default-repo=${prefix}`, '--profile=staging');
    await writeFile(join(repository.directory, 'README.md'), 'text');
    repository.commit();
    const ran = await push(`--default-repo=${prefix}`, '-p', 'staging');
    expect(ran.stderr).toContain('profile staging (--profile)');
    expect(ran.stderr).toMatch(/already built: .*team_app:[0-9a-f]{64}@sha256:/u);
  });

  it('uses the profile push when skaffold.yaml has it, and logs it', async () => {
    const yaml = await readFile(join(repository.directory, 'skaffold.yaml'), 'utf8');
    await repository.write({ 'skaffold.yaml': yaml.replace('name: staging', 'name: push') });
    repository.commit();
    const ran = await push(`--default-repo=${registry.host}/profile`);
    expect(ran.stderr).toContain('profile push (default: skaffold.yaml has it)');
    expect((await builds())[0]?.tag).toMatch(/base:[0-9a-f]{64}@/u);
    const buildPush = await op.run(repository.directory, ['build-push', `--repo=${registry.host}/profile`]);
    expect(buildPush.stderr).not.toContain('profile push');
  });

  it('resolves paths from --directory, and ignores empty flags', async () => {
    await repository.write({ '.registry': `local: ${registry.host}/elsewhere\n`, 'sub/skaffold.yaml': 'wrong' });
    repository.commit();
    const ran = await op.run(op.home, [
      'push',
      `--directory=${repository.directory}`,
      '--default-repo=',
      '--profile=',
      '--skaffold-file=',
      '--destination=',
      '--dockerconfig=',
      '--insecure-registry=',
      '--rebuild=false',
      '--push-all=',
      '--output=out',
    ]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain('(.registry:1)');
    expect(existsSync(join(repository.directory, 'out', 'build_result.json'))).toBe(true);
  });

  it('writes no list with --no-file-output', async () => {
    const ran = await push(`--default-repo=${registry.host}/none`, '--no-file-output');
    expect(ran.exitCode).toBe(0);
    expect(existsSync(resultFile())).toBe(false);
  });
});

describe('op build-push', () => {
  it('accepts the names of a Skaffold file and of a list', async () => {
    await repository.write({ 'other.yaml': await readFile(join(repository.directory, 'skaffold.yaml'), 'utf8') });
    const list = join(op.home, 'list.json');
    const ran = await op.run(repository.directory, [
      'build-push',
      '-f',
      'other.yaml',
      `--repo=${registry.host}/bp`,
      `--build-result=${list}`,
    ]);
    expect(ran.exitCode).toBe(0);
    expect(await readFile(list, 'utf8')).toContain(`${registry.host}/bp/team_app`);
  });

  it('pushes to localhost:5001 when no registry is configured, and logs that this is the default', async () => {
    const ran = await op.run(repository.directory, ['build-push']);
    expect(ran.stderr).toContain('pushing to localhost:5001 (default)');
  });
});
