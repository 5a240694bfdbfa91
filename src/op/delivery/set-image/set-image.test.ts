import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf, type Fleet, sample, startFleet, web } from '../../../../test/op/fleet.js';
import type { HostedRepository } from '../../../../test/op/git-host.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet?.stop());

const digest = digestOf('v2');
const inBare = ({ bare }: HostedRepository, ...args: string[]) =>
  execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' });
const fileOf = (repository: HostedRepository, path = 'pp/shop.yaml', branch = 'main') =>
  inBare(repository, 'cat-file', 'blob', `${branch}:${path}`);
const tipOf = (repository: HostedRepository) => inBare(repository, 'rev-parse', 'main').trim();
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);
const manifests = (url: string, more = '') => `    manifests:
      repository: ${url}
      set:
        - {file: pp/shop.yaml, path: spec.values.web.image, image: web}
        - {file: ./pp//shop.yaml, path: spec.values.api.repository, image: api, value: repository}
        - {file: pp/shop.yaml, path: spec.values.api.tag, image: api, value: tag}
        - {file: pp/shop.yaml, path: spec.values.api.digest, image: api, value: digest}
${more}`;
/** Writes an environments file. @returns the flag for it */
async function environments(name: string, text: string): Promise<string> {
  const file = join(fleet.directory, name);
  await writeFile(file, text);
  return `--environments=${file}`;
}
const inEnvironments = async (name: string, repository: HostedRepository) =>
  environments(
    `${name}.yaml`,
    `environments:\n  - name: dev\n    repository: r.io/dev\n  - name: pp\n    repository: r.io/pp\n    component: shop\n${manifests(repository.url, '      kustomizations: [pp/kustomization.yaml]\n')}`,
  );
const setConfigured = async (flag: string, ...flags: string[]) =>
  fleet.op.run(fleet.directory, ['set-image', '--environment=pp', flag, await fleet.build('v2'), ...flags]);

/** All bytes of stdout: `Op.run` strips the last line break. */
async function printedBy({ url }: HostedRepository, ...flags: string[]): Promise<string> {
  const args = ['set-image', '--environment=pp', `--repository=${url}`, await fleet.build('v2'), ...flags];
  const env = { PATH: process.env.PATH, HOME: fleet.op.home, TMPDIR: fleet.op.temporary };
  return (await promisify(execFile)('node', [fleet.op.file, ...args], { cwd: fleet.directory, env })).stdout;
}

const expected = sample['pp/shop.yaml']
  .replace('"r.io/pp/web:v1"', `"r.io/pp/web:v2@${digest}"`)
  .replace("tag: 'v1', digest: sha256:0", `tag: 'v2', digest: ${digest}`);

test('writes what the environment configures, by digest, and leaves all other bytes unchanged', async () => {
  const repository = await fleet.repository('first.git');
  const before = tipOf(repository);
  const result = join(fleet.directory, 'commit');
  const ended = await setConfigured(await inEnvironments('first', repository), `--result=COMMIT=${result}`, '--debug');
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(fileOf(repository)).toBe(expected);
  expect(fileOf(repository, 'pp/kustomization.yaml')).toBe(
    `${sample['pp/kustomization.yaml']}images:\n${['web', 'api']
      .map((name) => `  - name: ${name}\n    newName: r.io/pp/${name}\n    newTag: v2\n    digest: ${digest}\n`)
      .join('')}`,
  );
  const commit = readFileSync(result, 'utf8');
  expect(commit).toBe(tipOf(repository));
  expect(inBare(repository, 'log', '-1', '--format=%P|%an <%ae>|%cn|%B', commit).trim()).toBe(
    `${before}|octopipeline <octopipeline@localhost>|octopipeline|Deliver shop to pp: web v2, api v2\n\nr.io/pp/web:v2@${digest}\nr.io/pp/api:v2@${digest}`,
  );
  const lines = ended.stderr.trimEnd().split('\n');
  expect(lines).toContain(`set web, api for pp in main of ${repository.url}`);
  expect(lines).toContain(`pp/shop.yaml spec.values.web.image: r.io/pp/web:v1 -> r.io/pp/web:v2@${digest}`);
  expect(lastLine(ended.stderr)).toMatch(
    new RegExp(`^pushed ${commit} to main: 5 values in 2 files, in \\d+\\.\\d s; next: op watch-deployment`, 'u'),
  );
});

test('finds the entry of a kustomization by the name that the image has in any environment', async () => {
  const repository = await fleet.repository('promoted.git', { 'k.yaml': 'images:\n  - name: r.io/dev/web\n' });
  const promoted = join(fleet.directory, 'build_result.pp.json');
  await writeFile(promoted, JSON.stringify({ builds: [{ imageName: 'web', tag: `r.io/pp/web:v2@${digest}` }] }));
  const ended = await fleet.set(repository, '--kustomization=k.yaml', `--build-result=${promoted}`);
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(fileOf(repository, 'k.yaml')).toBe(
    `images:\n  - name: r.io/dev/web\n    newName: r.io/pp/web\n    newTag: v2\n    digest: ${digest}\n`,
  );
});

test('does nothing when the manifests are up to date, and names the commit', async () => {
  const repository = await fleet.repository('again.git');
  const flag = await inEnvironments('again', repository);
  await setConfigured(flag);
  const commit = tipOf(repository);
  const result = join(fleet.directory, 'again-commit');
  const ended = await setConfigured(flag, `--result=COMMIT=${result}`);
  expect(ended).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`already up to date: ${commit} of main`),
  });
  expect(tipOf(repository)).toBe(commit);
  expect(readFileSync(result, 'utf8')).toBe(commit);
});

test('uses message, author and branch of the flags, and with --image-name leaves other images unchanged', async () => {
  const repository = await fleet.repository('flags.git');
  repository.git('push', '--quiet', 'origin', 'HEAD:refs/heads/releases/pp');
  const ended = await setConfigured(
    await inEnvironments('flags', repository),
    '--image-name=web',
    '--branch=releases/pp',
    '--message=Release web\n\nBecause.\n',
    '--author-name=Jürgen $(id) Robot',
    '--author-email=robot@example.com',
  );
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(inBare(repository, 'log', '-1', '--format=%an|%ae|%B', 'releases/pp').trim()).toBe(
    'Jürgen $(id) Robot|robot@example.com|Release web\n\nBecause.',
  );
  const file = fileOf(repository, 'pp/shop.yaml', 'releases/pp');
  expect(file).toContain(`image: "r.io/pp/web:v2@${digest}"`);
  expect(file).toContain("tag: 'v1'");
  expect(fileOf(repository, 'pp/kustomization.yaml', 'releases/pp')).not.toContain('api');
  expect(fileOf(repository)).toBe(sample['pp/shop.yaml']);
});

test.each([
  ['LF', (text: string) => text],
  ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
  ['no line break at the end', (text: string) => text.trimEnd()],
])('--patch prints a patch for git apply, of a file with %s, and pushes nothing', async (name, lines) => {
  const files = {
    ...sample,
    'pp/shop.yaml': lines(sample['pp/shop.yaml']),
    'größe "x"/a b.yaml': lines('image: v1\n'),
  };
  const repository = await fleet.repository(`patch-${name.replaceAll(' ', '')}.git`, files);
  repository.git('config', 'core.autocrlf', 'false');
  const before = tipOf(repository);
  const flags = [web, '--set=größe "x"/a b.yaml:image=web:tag', '--kustomization=pp/kustomization.yaml'];
  const result = join(fleet.directory, 'patch-commit');
  const ended = await fleet.set(repository, ...flags, '--patch', `--result=COMMIT=${result}`);
  expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('apply it with: git apply') });
  expect(readFileSync(result, 'utf8')).toBe('');
  expect(tipOf(repository)).toBe(before);
  const patch = join(fleet.directory, 'change.patch');
  await writeFile(patch, await printedBy(repository, ...flags, '--patch'));
  repository.git('apply', patch);
  expect(readFileSync(join(repository.workingCopy, 'größe "x"/a b.yaml'), 'utf8')).toBe(lines('image: v2\n'));
  expect(readFileSync(join(repository.workingCopy, 'pp/shop.yaml'), 'utf8')).toContain(
    `web:v2@${digest}"  # set by op`,
  );
  await repository.commit('Applied');
  const again = await fleet.set(repository, ...flags, '--patch');
  expect(again).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('already up to date') });
});

test('without manifests it does nothing with --when-configured, and otherwise says what to configure', async () => {
  const flag = await environments('bare.yaml', 'environments:\n  - {name: pp, repository: r.io/pp}\n');
  expect(await setConfigured(flag, '--when-configured')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('pp has no manifests'),
  });
  expect(await setConfigured(flag, web, '--when-configured')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('need --repository'),
  });
  const ended = await setConfigured(flag);
  expect(ended).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('no manifests are configured for pp'),
  });
});

test('keeps the mode of a file, and changes no other file, whatever its attributes say', async () => {
  const repository = await fleet.host.repository('mode.git');
  const attributes = '* text eol=crlf filter=evil diff=evil\n';
  await repository.commit('First', { ...sample, '.gitattributes': attributes, 'crlf.txt': 'a\r\nb\r\n' });
  repository.git('update-index', '--chmod=+x', 'pp/shop.yaml');
  repository.git('commit', '--quiet', '--message=Executable');
  repository.git('push', '--quiet', 'origin', 'HEAD');
  const before = tipOf(repository);
  expect(await fleet.set(repository, web)).toMatchObject({ exitCode: 0 });
  expect(inBare(repository, 'diff-tree', '-r', '--raw', before, tipOf(repository)).trim().split('\n')).toEqual([
    expect.stringMatching(/^:100755 100755 .* M\tpp\/shop\.yaml$/u),
  ]);
});

test('runs no hooks of the user', async () => {
  const repository = await fleet.repository('hooks.git');
  const marker = join(fleet.directory, 'hook-was-here');
  const hooks = join(fleet.op.home, 'hooks');
  execFileSync('mkdir', ['-p', hooks]);
  for (const name of ['pre-push', 'pre-commit', 'commit-msg', 'post-commit', 'reference-transaction']) {
    await writeFile(join(hooks, name), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  }
  await writeFile(
    join(fleet.op.home, '.gitconfig'),
    `[core]\n\thooksPath = ${hooks}\n[commit]\n\tgpgSign = true\n[push]\n\tgpgSign = true\n`,
  );
  const ended = await fleet.set(repository, web);
  await writeFile(join(fleet.op.home, '.gitconfig'), '');
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(readdirSync(fleet.directory)).not.toContain('hook-was-here');
});

test('works in a repository of SHA-256', async () => {
  const repository = await fleet.host.repository('sha256.git');
  for (const directory of [repository.bare, join(repository.workingCopy, '.git')]) {
    execFileSync('rm', ['-rf', directory]);
  }
  execFileSync('git', [
    'init',
    '--quiet',
    '--bare',
    '--object-format=sha256',
    '--initial-branch=main',
    repository.bare,
  ]);
  execFileSync('git', ['init', '--quiet', '--object-format=sha256', '--initial-branch=main', repository.workingCopy]);
  repository.git('remote', 'add', 'origin', repository.bare);
  await repository.commit('First', sample);
  expect(await fleet.set(repository, web)).toMatchObject({ exitCode: 0 });
  expect(tipOf(repository)).toHaveLength(64);
  expect(fileOf(repository)).toContain('web:v2@');
});
