/** Images whose tags name no commit, such as Git tags: found again by a record in the registry, and never replaced without a word. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { pathWithout, withTools } from '../../../../test/tools.js';

/** Pushes another image each time, and notes it. `.git` has what the test wants to happen to the image of the application. */
const buildScript = `#!/bin/sh
set -eu
layer=$(mktemp -d)
trap 'rm -rf "$layer"' EXIT
cp -R . "$layer/files"
date +%s%N >"$layer/files/when"
tar -C "$layer/files" -cf "$layer/layer.tar" .
wants() { case "$IMAGE" in *team_app*) [ -e "../.git/$1" ] ;; *) false ;; esac; }
if wants fail-first; then exit 7; fi
crane append --oci-empty-base -f "$layer/layer.tar" -t "$IMAGE"
if wants fail-last; then echo pushed all the same; exit 7; fi
if wants wait; then echo the application is pushed; sleep 60; fi
echo "$IMAGE" >>../.git/builds
`;

/** Plain: op builds it without Skaffold, too. */
const skaffold = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: team/app
      context: app
      requires: [{ image: base }]
      custom: { buildCommand: ../build-image.sh }
    - image: base
      context: base
      custom: { buildCommand: ../build-image.sh }
`;

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;
let room = 0;
let prefix: string;

beforeAll(async () => {
  op = await bundledOp();
  registry = await startRegistry();
});
afterAll(() => Promise.all([op.dispose(), registry.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository({ 'build-image.sh': buildScript, 'skaffold.yaml': skaffold });
  room += 1;
  prefix = `${registry.host}/tags${room}`;
});
afterEach(() => repository.remove());

/** The PATH of tests without the directories that have Skaffold. */
const withoutSkaffold = pathWithout('skaffold', withTools(['skaffold', 'crane']).PATH ?? '');

const push = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  op.run(repository.directory, ['build-push', `--default-repo=${prefix}`, ...args], env);
const digestOf = (image: string) => registryTool('crane', ['digest', `${prefix}/${image}`]);
const wish = (name: string) => join(repository.directory, '.git', name);
const builds = async () =>
  existsSync(wish('builds'))
    ? (await readFile(wish('builds'), 'utf8'))
        .trim()
        .split('\n')
        .map((image) => image.slice(prefix.length + 1))
    : [];
const tagPolicy = (policy: string) =>
  repository.write({ 'skaffold.yaml': skaffold.replace('build:\n', `build:\n  tagPolicy: ${policy}\n`) });

describe('a Git tag at the commit', () => {
  it.each<readonly [name: string, env: Readonly<Record<string, string>>]>([
    ['with Skaffold', {}],
    ['without it', { PATH: withoutSkaffold }],
  ])('is built once, %s, and not moved to another commit', async (_, env) => {
    repository.git('tag', 'v1.2.3');
    const first = repository.git('rev-parse', 'HEAD');
    expect((await push([], env)).exitCode).toBe(0);
    const digest = await digestOf('base:v1.2.3');
    expect((await registryTool('crane', ['ls', `${prefix}/base`])).split('\n').toSorted()).toEqual([
      `commit-${first}.v1.2.3`,
      'v1.2.3',
    ]);

    const again = await push([], env);
    expect([again.exitCode, again.stderr]).toEqual([
      0,
      expect.stringContaining(`already built: ${prefix}/base:v1.2.3@${digest}`),
    ]);
    expect(await builds()).toEqual(['base:v1.2.3', 'team_app:v1.2.3']);

    const second = repository.commit('second');
    repository.git('tag', '--force', 'v1.2.3');
    const moved = await push([], env);
    expect([moved.exitCode, moved.stderr]).toEqual([6, expect.stringContaining('a build would replace them')]);
    expect(moved.stderr).toContain(`${prefix}/base:v1.2.3 is ${digest.slice(0, 19)}`);
    expect(moved.stderr).toContain(`nothing shows that it was built from commit ${second.slice(0, 7)}`);
    expect(await builds()).toHaveLength(2);
    expect(await digestOf('base:v1.2.3')).toBe(digest);

    const rebuilt = await push(['--rebuild'], env);
    expect([rebuilt.exitCode, rebuilt.stderr]).toEqual([
      0,
      expect.stringContaining(`warning: ${prefix}/base:v1.2.3@${digest} exists: this build moves the tag`),
    ]);
    expect(await digestOf('base:v1.2.3')).not.toBe(digest);
    expect((await push([], env)).stderr).toContain('nothing to build: 2 images');
    // The old commit no longer has the tag.
    repository.git('checkout', '--quiet', first);
    repository.git('tag', '--force', 'v1.2.3');
    expect((await push([], env)).exitCode).toBe(6);
  });

  it('is not replaced by a tree that differs from it', async () => {
    repository.git('tag', 'v1');
    expect((await push()).exitCode).toBe(0);
    await repository.write({ 'README.md': 'new' });
    const ran = await push();
    expect([ran.exitCode, ran.stderr]).toEqual([6, expect.stringContaining('1 file differs from commit')]);
    expect(await builds()).toHaveLength(2);
  });

  it('is not replaced if somebody else pushed it, before or after', async () => {
    repository.git('tag', 'v1');
    await registryTool('crane', ['copy', await somebodysImage(), `${prefix}/base:v1`]);
    const digest = await digestOf('base:v1');
    const before = await push();
    expect([before.exitCode, before.stderr]).toEqual([6, expect.stringContaining(`${prefix}/base:v1 exists`)]);
    expect(before.stderr).not.toContain('team_app');
    expect(await builds()).toEqual([]);

    expect((await push(['--rebuild'])).exitCode).toBe(0);
    await registryTool('crane', ['copy', `${prefix}/base@${digest}`, `${prefix}/team_app:v1`]);
    const after = await push();
    expect([after.exitCode, after.stderr]).toEqual([6, expect.stringContaining(`${prefix}/team_app:v1 exists`)]);
    expect(await digestOf('team_app:v1')).toBe(digest);
  });
});

/** An image at another path of the registry. */
async function somebodysImage(): Promise<string> {
  const sample = await makeSampleRepository();
  const elsewhere = `${registry.host}/somebody`;
  expect((await op.run(sample.directory, ['push', `--default-repo=${elsewhere}`])).exitCode).toBe(0);
  const image = `${elsewhere}/base:${sample.git('rev-parse', '--short', 'HEAD')}`;
  await sample.remove();
  return image;
}

describe('a tag of another policy', () => {
  it.each<readonly [policy: string, gitTag: string, tag: string, env: Readonly<Record<string, string>>]>([
    ['{gitCommit: {variant: Tags, prefix: shop-}}', 'v2', 'shop-v2', {}],
    ['{gitCommit: {}}', 'release/2.0', 'release_2.0', {}],
    ['{gitCommit: {}}', 'x'.repeat(120), 'x'.repeat(120), {}],
    ['{envTemplate: {template: "{{.VERSION}}"}}', 'unused', '2.0', { VERSION: '2.0' }],
    ['{envTemplate: {template: main}}', 'unused', 'main', {}],
  ])('%s of %s is built once for a commit, and not for the next', async (policy, gitTag, tag, env) => {
    await tagPolicy(policy);
    repository.commit();
    repository.git('tag', gitTag);
    expect((await push([], env)).exitCode).toBe(0);
    const digest = await digestOf(`base:${tag}`);
    expect((await push([], env)).stderr).toContain('nothing to build: 2 images');
    repository.commit('next');
    repository.git('tag', '--force', gitTag);
    expect((await push([], env)).exitCode).toBe(6);
    expect(await digestOf(`base:${tag}`)).toBe(digest);
  });

  it.each<readonly [policy: string, tag: () => string]>([
    ['{sha256: {}}', () => 'latest'],
    ['{gitCommit: {variant: TreeSha}}', () => repository.git('rev-parse', 'HEAD:./base')],
    ['{gitCommit: {variant: AbbrevTreeSha}}', () => repository.git('rev-parse', '--short', 'HEAD:./base')],
  ])('%s says that it moves, or names the files: each commit builds it', async (policy, tag) => {
    await tagPolicy(policy);
    repository.commit();
    expect((await push()).exitCode).toBe(0);
    repository.commit('next');
    const ran = await push();
    expect([ran.exitCode, ran.stderr]).toEqual([0, expect.stringContaining(`its tag ${tag()} names neither`)]);
    expect((await registryTool('crane', ['ls', `${prefix}/base`])).split('\n')).toEqual([tag()]);
  });

  it('of a tree that differs is built each time', async () => {
    await repository.write({ 'app/new': 'x', 'base/new': 'x' });
    for (const count of [2, 4]) {
      expect((await push()).exitCode).toBe(0);
      expect(await builds()).toHaveLength(count);
    }
  });
});

describe('a run that failed half-way is simply started again', () => {
  beforeEach(() => {
    repository.git('tag', 'v3');
  });

  it.each<readonly [name: string, wanted: string, env: Readonly<Record<string, string>>]>([
    ['an image fails before its push, with Skaffold', 'fail-first', {}],
    ['an image fails after its push, with Skaffold', 'fail-last', {}],
    ['an image fails before its push, without Skaffold', 'fail-first', { PATH: withoutSkaffold }],
    ['an image fails after its push, without Skaffold', 'fail-last', { PATH: withoutSkaffold }],
  ])('when %s', async (_, wanted, env) => {
    await writeFile(wish(wanted), '');
    const failed = await push([], env);
    expect([failed.exitCode, failed.stderr]).toEqual([4, expect.stringContaining('building team/app failed')]);
    const base = await digestOf('base:v3');
    await rm(wish(wanted));
    const again = await push([], env);
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('done: 2 images')]);
    // One that Skaffold had finished is not known to be, and one that failed after its push is never used.
    if (env.PATH !== undefined) expect(await digestOf('base:v3')).toBe(base);
    expect((await builds()).filter((image) => image === 'team_app:v3')).toHaveLength(1);
    expect((await push([], env)).stderr).toContain('nothing to build: 2 images');
  });

  it('when it was stopped', async () => {
    await writeFile(wish('wait'), '');
    const args = ['build-push', '--debug', `--default-repo=${prefix}`];
    const stopped = await op.interrupt(repository.directory, args, 'the application is pushed', 'SIGTERM');
    expect(stopped.exitCode).toBe(143);
    await rm(wish('wait'));
    expect((await push()).exitCode).toBe(0);
    expect((await push()).stderr).toContain('nothing to build: 2 images');
  });

  it('and builds only what is missing', async () => {
    expect((await push()).exitCode).toBe(0);
    const base = await digestOf('base:v3');
    await registryTool('crane', ['delete', `${prefix}/team_app:v3`]);
    const again = await push();
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('done: 2 images')]);
    expect(await digestOf('base:v3')).toBe(base);
    expect(await builds()).toEqual(['base:v3', 'team_app:v3', 'team_app:v3']);
  });
});
