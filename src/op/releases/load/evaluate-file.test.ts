import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownGoTool, starlarkHelper } from '../../../../image/own-go-tool.js';
import { testContext } from '../../../../test/op/test-context.js';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { starlarkRepository } from '../starlark/repository.js';
import { evaluateFile } from './evaluate-file.js';

let root: string;
let context: Context;
let printed: readonly string[];
beforeAll(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'starlark-')), 'repository');
  const helper = await ownGoTool(starlarkHelper);
  ({ context, printed } = testContext({ env: { PATH: `${dirname(helper)}:${process.env.PATH}` } }));
}, 120_000);
afterAll(() => rm(dirname(root), { recursive: true, force: true }));

const valueNow = async () => undefined;

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

/** Why something is refused. */
async function whyOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof OpError && error.exitCode === 3) return error.why;
    throw error;
  }
  return 'it is not refused';
}

/** Why this is no file of a release. */
async function whyRefused(text: string): Promise<string> {
  const path = 'other.ocu.star';
  await put(path, text);
  const base = { repo: 'shop', path, release: 'r1' };
  return whyOf(() => evaluateFile(context, { root, path, environments: [], base, valueNow }));
}

test('a secret is not in the error of a trigger, and what is no regular file is not read', async () => {
  await put('repo.ocu.star', 'def t(commit):\n  fail(secret("s3cret"), commit)\ntrigger(t)');
  const { trigger } = await starlarkRepository(context, join(root, 'repo.ocu.star'));
  const exec = () => Promise.reject(new Error('not used'));
  await expect(async () => trigger?.({ commit: 'abc', log: () => {}, exec })).rejects.toThrow(
    'repo.ocu.star:2:7: *** abc',
  );
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await whyRefused('x = read("pipe")')).toContain('other.ocu.star:1:9: it is not a regular file');
  expect(await whyRefused('x = read("/dev/zero")')).toContain('other.ocu.star:1:9: it is not a regular file');
  expect(await whyRefused('x = read("none")')).toContain('other.ocu.star:1:9: ENOENT');
});

test('the example of the manual is a release', async () => {
  const manual = await readFile(join(import.meta.dirname, '../../../../docs/releases.md'), 'utf8');
  const [, code = ''] = /```python\n(.*?)```/su.exec(manual) ?? [];
  await put('shop.ocu.star', code);
  await put('tasks.star', 'def build(): pass\ndef up(environment, image, greeting): pass\ndown = up\n');
  const environments = [{ name: 'eu', attributes: { type: 'production' }, id: '1' }];
  const base = { repo: 'shop', path: 'shop.ocu.star', release: 'r1' };
  const { plan } = await evaluateFile(context, { root, path: base.path, environments, base, valueNow });
  expect(plan.phases.map(({ name, items }) => [name, items.map(({ key }) => key)])).toEqual([
    ['build', ['task/build']],
    ['staging', []],
    ['production', ['deploy/eu']],
  ]);
  expect(plan.phases[2]?.items[0]?.inputs).toEqual({
    image: { ref: 'shop/-/shop.ocu.star/@r1/task/build#output/image' },
    greeting: { ref: '@/custom/greeting', default: 'Hello' },
    environment: { ref: '@/environment/eu' },
  });
});

describe('a file that is not valid is refused with its line', () => {
  test.each([
    ['a name that is not known', 'phase("a", [])\nhandoff(1)', 'other.ocu.star:2:1: undefined: handoff'],
    ['syntax', 'phase("a",\n\ndef', 'other.ocu.star:3:1: got def'],
    ['a loop at the top', 'for x in []:\n    pass', 'other.ocu.star:1:1: for loop not within a function'],
    ['another SDK', 'ocuroot("0.4.0")', 'other.ocu.star:1:8: op has the SDK 0.3.x, which is not "0.4.0"'],
    [
      'an environment',
      'register_environment(environment("a/b"))',
      'other.ocu.star:1:33: "a/b" cannot be the name of an environ',
    ],
    [
      'an input',
      'def f(a):\n  pass\ntask(f, "t", inputs = {"bad-name": 1})',
      'other.ocu.star:3:5: "bad-name" cannot be',
    ],
    [
      'a reference',
      'def f(a):\n  pass\ntask(f, "t", inputs = {"a": ref("./x/y")})',
      'other.ocu.star:3:32: "./x/y" is not a reference',
    ],
    [
      'an input without a parameter',
      'def f():\n  pass\ntask(f, "t", inputs = {"a": 1})',
      'other.ocu.star:3:5: f (other.ocu.star:1:1) has no parameter for the input a',
    ],
    [
      'a parameter without an input',
      'def f(a, b):\n  pass\ntask(f, "t", inputs = {"a": 1})',
      'f (other.ocu.star:1:1) needs b',
    ],
    [
      'a task that is there twice',
      'def f():\n  pass\ntask(f, "t")\ntask(f, "t")',
      'other.ocu.star:4:5: task/t is there twice: it is made at other.ocu.star:3:5',
    ],
    ['what is not taken over', 'remotes(["a"])', 'other.ocu.star:1:8: remotes is not taken over'],
    [
      'its own words',
      'def f():\n  fail("no flour")\nf()',
      'other.ocu.star:2:7: no flour (called from other.ocu.star:3:2)',
    ],
    [
      'a failing command',
      'x = shell("echo gone >&2; exit 3")',
      'other.ocu.star:1:10: the command failed with exit code 3: gone',
    ],
    [
      'environments and items in one file',
      'register_environment(environment("a"))\ndef f():\n  pass\ntask(f, "t")',
      'it makes environments and has items',
    ],
    [
      'a secret in its plan',
      'def f(a):\n  pass\ntask(f, "t", inputs = {"a": secret("s3cret-value")})',
      'its plan contains a secret',
    ],
  ])('%s', async (_, text, expected) => {
    const why = await whyRefused(text);
    expect(why).toContain(expected);
    expect(`${why}${printed.join('')}`).not.toContain('s3cret');
  });

  test('in a file that it loads', async () => {
    await put('lib/broken.star', 'def f():\n    return 1 + "a"\n\nx = f()\n');
    const why = await whyRefused('load("lib/broken.star", "x")');
    expect(why).toContain('lib/broken.star:2:14: unknown binary op: int + string');
    expect(why).toContain('called from lib/broken.star:4:6, other.ocu.star:1:1');
  });

  test.each([
    [
      'what a branch of a store does not have',
      'store.set(store.git("https://git.example.com/a.git", support_files = {"a": "b"}))',
      'repo.ocu.star:1:20: support_files is not taken over',
    ],
    [
      'two stores',
      'store.set(store.fs("a"))\nstore.set(store.fs("b"))',
      'repo.ocu.star:2:10: store.set is called twice',
    ],
    ['a setting of a command that op has not', 'release_ignore = ["a"]', 'release_ignore, which is not taken over'],
  ])('repo.ocu.star: %s', async (_, text, expected) => {
    await put('repo.ocu.star', text);
    expect(await whyOf(() => starlarkRepository(context, join(root, 'repo.ocu.star')))).toContain(expected);
  });
});

test.each([
  ['repo_alias("a")\nstore.set(store.git("https://git.example.com/a.git", branch = "state"), store.fs("b c"))', 'a'],
  // As later versions of ocuroot have it.
  [
    'repo_alias = "a"\nstate_store = store.git("https://git.example.com/a.git", "state")\nintent_store = store.fs("b c")',
    'a',
  ],
])('repo.ocu.star names the repository and its stores', async (text, alias) => {
  await put('repo.ocu.star', text);
  expect(await starlarkRepository(context, join(root, 'repo.ocu.star'))).toEqual({
    octopipeline: 'repository',
    alias,
    state: 'git:https://git.example.com/a.git#state',
    intent: 'directory:b c',
  });
});

describe('a hostile file', () => {
  test('reaches no file outside of the repository by load', async () => {
    await put('../outside/x.star', 'x = 1\n');
    await put('folder/x.star', 'x = 1\n');
    await symlink(join(root, '../outside'), join(root, 'link'));
    await symlink(join(root, '../outside/x.star'), join(root, 'link.star'));
    for (const [path, why] of [
      ['../../../etc/passwd', 'is outside of the repository'],
      ['folder/../../outside/x.star', 'is outside of the repository'],
      ['/etc/passwd', 'is not a path relative to other.ocu.star'],
      ['link/x.star', 'link is not a folder, or a link to one'],
      ['link.star', 'it is a symbolic link'],
      ['folder', 'it is not a regular file'],
      ['none.star', 'there is no none.star in the repository'],
    ]) {
      expect(await whyRefused(`load("${path}", "x")`)).toMatch(new RegExp(`other\\.ocu\\.star:1:1: .*${why}`, 'u'));
    }
    await put('a.star', 'load("b.star", "x")');
    await put('b.star', 'load("a.star", "x")');
    expect(await whyRefused('load("a.star", "x")')).toContain('it loads itself, through other files or not');
  });

  test.each([
    [
      'endless loops',
      'def f():\n    for _ in range(1 << 40):\n        pass\nf()',
      'other.ocu.star:2:5: it takes more than 50000000 steps',
    ],
    [
      'a list that grows',
      'def f():\n    x = []\n    for i in range(1 << 30):\n        x.append("a" * 1000 + str(i))\nf()',
      /other\.ocu\.star:4:\d+: it needs more than 256 MB/u,
    ],
    ['one value that is large', 'x = [0] * 1000000000', 'other.ocu.star: it needs more than 256 MB of memory'],
    ['nesting', `x = ${'['.repeat(50_000)}`, 'excessive nesting'],
    [
      'a value that contains itself',
      'def f(a):\n  pass\nx = {}\nx["x"] = x\ntask(f, "t", inputs = {"a": x})',
      'other.ocu.star:5:5: input a: a value is nested more',
    ],
    ['lines without end', 'def f():\n  for i in range(1 << 30):\n    print(i)\nf()', 'it prints more than 20000 lines'],
    [
      'numbers that JSON does not keep',
      'def f(a):\n  pass\ntask(f, "t", inputs = {"a": 1 << 60})',
      'an integer is larger than 2^53',
    ],
  ])(
    'is stopped at %s',
    async (_, text, expected) => {
      expect(await whyRefused(text)).toMatch(expected);
    },
    60_000,
  );
});
