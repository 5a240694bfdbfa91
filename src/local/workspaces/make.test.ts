import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Home } from '../runs/home.js';
import { type Binding, bindingOf } from './binding.js';
import { makeWorkspaces, workspaceFor } from './make.js';

let root: string;
let home: Home;
beforeEach(async () => {
  root = await mkdtemp(join(await realpath(tmpdir()), 'make-workspaces-'));
  home = {
    root: join(root, 'state'),
    runs: join(root, 'state/runs'),
    claims: join(root, 'state/claims'),
    store: join(root, 'state/store'),
  };
  await mkdir(join(root, 'mine/deep'), { recursive: true });
  await writeFile(join(root, 'mine/file'), 'mine');
});
afterEach(() => rm(root, { recursive: true }));

const make = async (binding: Binding) => {
  const into = join(home.runs, 'run/workspaces');
  const made = (await makeWorkspaces([binding], home, into, { configMaps: {}, secrets: {} })).get(binding.name);
  if (made === undefined) throw new Error('it was not made');
  return made;
};

test.each(['../../mine', '..', '/mine', 'a/../../mine'])(
  'the claim %j makes no directory outside of the claims',
  async (claimName) => {
    await expect(make(bindingOf({ name: 'w', persistentVolumeClaim: { claimName } }, 'spec'))).rejects.toThrow(
      'is not the name of a file',
    );
    expect(await readdir(root)).toEqual(['mine']);
  },
);

test.each([
  ['has what op keeps of its runs', '.'],
  ['is what op keeps', 'state'],
  ['is in it', 'state/runs'],
])('a directory that %s is no workspace to write to: a step could change what op starts', async (_, path) => {
  await mkdir(home.runs, { recursive: true });
  const binding = (shared: boolean): Binding => ({
    name: 'w',
    source: { kind: 'directory', path: join(root, path), shared },
  });
  await expect(make(binding(true))).rejects.toMatchObject({ kind: 'input', why: expect.stringContaining(home.root) });
  if (path === '.') expect((await make(binding(false))).directory).toBe(join(home.runs, 'run/workspaces/w'));
});

test('a directory beside what op keeps can be written to', async () => {
  const binding: Binding = { name: 'w', source: { kind: 'directory', path: join(root, 'mine'), shared: true } };
  expect((await make(binding)).directory).toBe(join(root, 'mine'));
});

test('a workspace whose name is a path is not made', async () => {
  const binding: Binding = { name: '../../../../mine', source: { kind: 'new' } };
  await expect(make(binding)).rejects.toThrow('is not the name of a file');
});

test('a subPath leads into the workspace, and is made there', async () => {
  const made = await make({ name: 'w', source: { kind: 'new' }, subPath: 'a' });
  const { directory, volume } = await workspaceFor(made, 'b/c', join(root, 'fresh'));
  expect([directory, volume]).toEqual([join(home.runs, 'run/workspaces/w/a/b/c'), join(home.runs, 'run/workspaces/w')]);
  await writeFile(join(directory, 'file'), '');
});

test('a subPath does not follow a link out of the workspace, which a step may have left', async () => {
  const made = await make({ name: 'w', source: { kind: 'new' } });
  await symlink(join(root, 'mine'), join(made.directory ?? '', 'out'));
  for (const subPath of ['out', 'out/deep', 'out/new', '../../../../../mine']) {
    await expect(workspaceFor(made, subPath, join(root, 'fresh'))).rejects.toThrow('leads out of its volume');
  }
  expect(await readdir(join(root, 'mine'))).toEqual(['deep', 'file']);
});

test('nor does it follow a link in the copy of a directory', async () => {
  await mkdir(join(root, 'repository'));
  await symlink('../../../../../mine', join(root, 'repository/out'));
  await symlink(join(root, 'mine'), join(root, 'repository/absolute'));
  const made = await make({ name: 'w', source: { kind: 'directory', path: join(root, 'repository'), shared: false } });
  for (const subPath of ['out', 'absolute']) {
    await expect(workspaceFor(made, subPath, join(root, 'fresh'))).rejects.toThrow('leads out of its volume');
  }
});

test('files of a Secret are used as they are: a subPath that is not there is not made', async () => {
  const made = await make({ name: 'w', source: { kind: 'secret', path: join(root, 'mine') } });
  await expect(workspaceFor(made, 'none', join(root, 'fresh'))).rejects.toThrow('is not in its volume');
  expect((await workspaceFor(made, 'deep', join(root, 'fresh'))).directory).toBe(join(root, 'mine/deep'));
  expect(await readFile(join(root, 'mine/file'), 'utf8')).toBe('mine');
});
