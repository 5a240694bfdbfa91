import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type GitRoom, type StoreRepository, startGitRoom } from '../../../../test/op/store/git-room.js';

let git: GitRoom;
beforeAll(async () => {
  git = await startGitRoom();
});
afterEach(() => git.close());
afterAll(() => git?.stop());

/** Writes a tree of its own making, which `git add` would refuse. @param entries `MODE TYPE ID\tNAME` */
const plant = ({ bare, show }: StoreRepository, ...entries: string[]) => {
  const made = execFileSync('git', ['-C', bare, 'mktree'], {
    input: `${entries.join('\n')}\n`,
    encoding: 'utf8',
  }).trim();
  const commit = show('-c', 'user.name=x', '-c', 'user.email=x@x', 'commit-tree', made, '-m', 'Planted');
  show('update-ref', 'refs/heads/store', commit);
};
const blob = ({ bare }: StoreRepository, text: string) =>
  execFileSync('git', ['-C', bare, 'hash-object', '-w', '--stdin'], { input: text, encoding: 'utf8' }).trim();
const treeOf = ({ bare }: StoreRepository, ...entries: string[]) =>
  execFileSync('git', ['-C', bare, 'mktree'], { input: `${entries.join('\n')}\n`, encoding: 'utf8' }).trim();

describe('a symbolic link', () => {
  test.each([
    ['at the place of a document', 'octopipeline/a/b.json'],
    ['at the place of a folder', 'octopipeline/a'],
    ['at the place of the folder of op', 'octopipeline'],
  ])('%s is refused, and followed neither for reading nor for writing', async (_, place) => {
    const repository = await git.repository(`link-${place.replaceAll('/', '-')}.git`);
    const { workingCopy, person, open, show } = repository;
    await writeFile(join(git.room, 'secret.json'), '{"secret": true}');
    await mkdir(dirname(join(workingCopy, place)), { recursive: true });
    await symlink(place.endsWith('.json') ? join(git.room, 'secret.json') : git.room, join(workingCopy, place));
    await person('A link', {});
    const store = await open();
    const commit = show('rev-parse', 'store');
    const refused = { kind: 'refused', why: expect.stringContaining(`${place} is a symbolic link`) };
    await expect(store.get('a/b')).rejects.toMatchObject(refused);
    await expect(store.create('a/b', {})).rejects.toMatchObject(refused);
    await expect(store.replace({ path: 'a/b', revision: '1' }, {})).rejects.toMatchObject(refused);
    await expect(store.remove({ path: 'a/b', revision: '1' })).rejects.toMatchObject(refused);
    if (place !== 'octopipeline/a') await expect(store.list('')).rejects.toMatchObject({ kind: 'refused' });
    expect(show('rev-parse', 'store')).toBe(commit);
    // Others are written as ever.
    if (place !== 'octopipeline') expect(await store.create('other', {})).not.toBe('conflict');
  });
});

test('a submodule, a file and a folder at the place of another thing are refused', async () => {
  const repository = await git.repository('kinds.git');
  const file = blob(repository, '{}');
  const folder = treeOf(repository, `100644 blob ${file}\tx`);
  const inside = treeOf(
    repository,
    `160000 commit ${'1'.repeat(40)}\tmodule.json`,
    `100644 blob ${file}\tfile`,
    `040000 tree ${folder}\tfolder.json`,
  );
  plant(repository, `040000 tree ${inside}\toctopipeline`);
  const store = await repository.open();
  await expect(store.get('module')).rejects.toMatchObject({ why: 'octopipeline/module.json is a submodule' });
  await expect(store.create('module', {})).rejects.toMatchObject({ kind: 'refused' });
  await expect(store.create('file/a', {})).rejects.toMatchObject({
    why: 'octopipeline/file is a file instead of a folder',
  });
  expect(await store.get('folder')).toBeUndefined();
  await expect(store.create('folder', {})).rejects.toMatchObject({ kind: 'refused', why: 'it is a folder' });
  // One refusal does not stop the changes that are made with it.
  const together = await Promise.allSettled([store.create('file/b', {}), store.create('good', { good: true })]);
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect((await store.get('good'))?.body).toEqual({ good: true });
});

test.each([
  ['is not JSON', 'no JSON', 'it is not a JSON object'],
  ['is not an object', '[]', 'it is not a JSON object'],
  ['is huge', `{"x":"${'x'.repeat(1_100_000)}"}`, 'the maximum is 1000000'],
  ['is nested without end', `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, ''],
])('a document that %s is an error with its path', async (what, text, why) => {
  const { person, open } = await git.repository(`broken-${what.replaceAll(' ', '-')}.git`);
  await person('Broken', { 'octopipeline/broken/a.json': text });
  const store = await open();
  const failure = {
    kind: 'tool',
    message: expect.stringContaining('document broken/a'),
    why: expect.stringContaining(why),
  };
  await expect(store.get('broken/a')).rejects.toMatchObject(failure);
  await expect(store.list('broken')).rejects.toMatchObject(failure);
});

test('YAML that is not a ConfigMap, or expands without end, is an error with its path', async () => {
  const { person, open } = await git.repository('yaml.git');
  const bomb = Array.from({ length: 12 }, (_, at) =>
    at === 0 ? 'a0: &a0 [x, x]' : `a${at}: &a${at} [${Array.from({ length: 9 }, () => `*a${at - 1}`).join(', ')}]`,
  ).join('\n');
  const files = { text: 'just text', broken: 'a: [', bomb, other: 'kind: Secret\nmetadata: {name: other}\n' };
  await person(
    'YAML',
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`octopipeline/config-maps/${name}.yaml`, text])),
  );
  const store = await open();
  for (const name of Object.keys(files)) {
    await expect(store.configMaps.get(name)).rejects.toMatchObject({
      kind: 'tool',
      message: expect.stringContaining(`document config-maps/${name}`),
    });
  }
});

test('text that is not UTF-8 is an error, also between others', async () => {
  const repository = await git.repository('latin.git');
  const { workingCopy, person, open } = repository;
  await mkdir(join(workingCopy, 'octopipeline/x'), { recursive: true });
  await writeFile(join(workingCopy, 'octopipeline/x/b.json'), Buffer.from('{"x":"\xe4"}', 'latin1'));
  await person('Latin', { 'octopipeline/x/a.json': '{}', 'octopipeline/x/c.json': '{"c":"\\ufeffä"}' });
  const store = await open();
  await expect(store.list('x')).rejects.toMatchObject({ why: 'it is not UTF-8 text' });
  expect((await store.get('x/c'))?.body).toEqual({ c: '\ufeffä' });
});

test('a path that leads out of the repository is not written anywhere', async () => {
  const repository = await git.repository('dots.git');
  const file = blob(repository, '{"evil": true}');
  const up = treeOf(repository, `100644 blob ${file}\tevil.json`);
  // mktree refuses nothing but slashes.
  plant(repository, `040000 tree ${treeOf(repository, `040000 tree ${up}\t..`)}\toctopipeline`);
  const store = await repository.open();
  expect(await store.list('')).toEqual([]);
  await expect(store.create('a', {})).rejects.toMatchObject({ kind: 'tool' });
});

test('hooks, filters and attributes of the branch have no effect', async () => {
  const { person, open, show } = await git.repository('attributes.git');
  await person('Attributes', {
    '.gitattributes': '* text eol=crlf filter=evil ident\n',
    '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch evil"\n',
    '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
  });
  await writeFile(join(git.room, '.gitconfig'), '[filter "evil"]\n\tclean = false\n\tsmudge = false\n\trequired\n');
  const store = await open();
  await store.create('a', { id: '$Id$' });
  await writeFile(join(git.room, '.gitconfig'), '');
  expect(show('cat-file', 'blob', 'store:octopipeline/a.json')).toBe('{\n  "id": "$Id$"\n}');
  expect((await store.get('a'))?.body).toEqual({ id: '$Id$' });
});
