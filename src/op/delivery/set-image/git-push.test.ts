import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf, type Fleet, startFleet } from '../../../../test/op/fleet.js';
import type { HostedRepository } from '../../../../test/op/git-host.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet?.stop());

const ten = Array.from({ length: 10 }, (_, index) => index);
const git = ({ bare }: HostedRepository, ...args: string[]) =>
  execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' }).trim();
const commitsOf = (repository: HostedRepository) => Number(git(repository, 'rev-list', '--count', 'main'));

test('ten writers of ten files: all succeed, and no change is lost', async () => {
  const files = Object.fromEntries(ten.map((at) => [`app-${at}.yaml`, `# ${at}\nimage: web:v1\n`]));
  const repository = await fleet.repository('ten-files.git', files);
  const ended = await Promise.all(ten.map((at) => fleet.set(repository, `--set=app-${at}.yaml:image=web:reference`)));
  expect(ended.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr))).toEqual(ten.map(() => 0));
  for (const at of ten) {
    expect(git(repository, 'show', `main:app-${at}.yaml`)).toBe(`# ${at}\nimage: r.io/pp/web:v2@${digestOf('v2')}`);
  }
  expect(commitsOf(repository)).toBe(11);
  expect(ended.filter(({ stderr }) => stderr.includes('retrying on its commit')).length).toBeGreaterThan(0);
});

test('ten writers of ten values in one file: all succeed, and no change is lost', async () => {
  const file = ten.map((at) => `app${at}: {tag: old} # ${at}\n`).join('');
  const repository = await fleet.repository('one-file.git', { 'apps.yaml': file });
  const flags = await Promise.all(ten.map((at) => fleet.build(`v${at}`)));
  const ended = await Promise.all(
    ten.map((at) => fleet.set(repository, `--set=apps.yaml:app${at}.tag=web:tag`, flags[at] ?? '')),
  );
  expect(ended.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr))).toEqual(ten.map(() => 0));
  expect(git(repository, 'show', 'main:apps.yaml')).toBe(
    ten
      .map((at) => `app${at}: {tag: v${at}} # ${at}\n`)
      .join('')
      .trim(),
  );
  expect(commitsOf(repository)).toBe(11);
});

/** A server where another client pushes `content` before it accepts the first push. */
async function repositoryWithRival(name: string, content: string): Promise<HostedRepository> {
  const repository = await fleet.repository(name, { 'app.yaml': 'image: old\nother: 1\n' });
  await writeFile(join(repository.workingCopy, 'app.yaml'), content);
  repository.git('commit', '--quiet', '--all', '--message=Somebody else');
  repository.git('push', '--quiet', 'origin', 'HEAD:refs/heads/somebody');
  const hook = join(repository.bare, 'hooks/pre-receive');
  await mkdir(join(repository.bare, 'hooks'), { recursive: true });
  const move =
    'unset GIT_QUARANTINE_PATH\n[ -e moved ] || { touch moved; git update-ref refs/heads/main refs/heads/somebody; }\n';
  await writeFile(hook, `#!/bin/sh\n${move}`);
  await chmod(hook, 0o755);
  return repository;
}

test('when another push sets another image first, both are logged, and the last one wins', async () => {
  const repository = await repositoryWithRival('overtaken.git', 'image: theirs\nother: 2\n');
  const ended = await fleet.set(repository, '--set=app.yaml:image=web:tag', '--debug');
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(ended.stderr).toContain('app.yaml image: old -> v2');
  expect(ended.stderr).toContain('warning: app.yaml image: another commit set theirs (in ');
  expect(ended.stderr).toContain('v2 replaces it: the last one wins');
  expect(git(repository, 'show', 'main:app.yaml')).toBe('image: v2\nother: 2');
  expect(git(repository, 'log', '--format=%s', 'main')).toBe(
    'Deliver shop to pp: web v2, api v2\nSomebody else\nFirst',
  );
});

test('when another push sets the same image first, nothing is left to do', async () => {
  const repository = await repositoryWithRival('same.git', 'image: v2\nother: 1\n');
  const ended = await fleet.set(repository, '--set=app.yaml:image=web:tag');
  expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('already up to date') });
  expect(git(repository, 'log', '-1', '--format=%s', 'main')).toBe('Somebody else');
});

test('when another push removes the field first, the error names it', async () => {
  const repository = await repositoryWithRival('gone.git', 'images: []\n');
  const ended = await fleet.set(repository, '--set=app.yaml:image=web:tag');
  expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('app.yaml has no image') });
});

test('gives up when another push always comes first', async () => {
  const repository = await fleet.repository('never.git', { 'app.yaml': 'image: old\n' });
  const hook = join(repository.bare, 'hooks/update');
  await mkdir(join(repository.bare, 'hooks'), { recursive: true });
  const commit = 'git -c user.name=x -c user.email=x commit-tree main^{tree} -p main -m busy';
  await writeFile(hook, `#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main $(${commit})\n`);
  await chmod(hook, 0o755);
  const ended = await fleet.set(repository, '--set=app.yaml:image=web:tag');
  expect(ended).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('another push came first in each of 21 attempts'),
  });
});
