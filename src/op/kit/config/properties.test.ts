import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseProperties, readProperties } from './properties.js';

const read = (content: string) =>
  [...parseProperties('p', content).values()].map(({ key, value, origin }) => [key, value, origin]);

describe('a properties file', () => {
  it.each([
    ['A=b', [['A', 'b', 'p:1']]],
    [
      '# note\n! note\n\n  A = b \nC: d',
      [
        ['A', 'b', 'p:4'],
        ['C', 'd', 'p:5'],
      ],
    ],
    ['A=b=c', [['A', 'b=c', 'p:1']]],
    ['A=localhost:5001', [['A', 'localhost:5001', 'p:1']]],
    ['A=', [['A', '', 'p:1']]],
    ['A=1\nA=2', [['A', '2', 'p:2']]],
    [
      'A=one,\\\n  two\nB=3',
      [
        ['A', 'one,two', 'p:1'],
        ['B', '3', 'p:3'],
      ],
    ],
    [
      '\uFEFFA=b\r\nC=d\r\n',
      [
        ['A', 'b', 'p:1'],
        ['C', 'd', 'p:2'],
      ],
    ],
    ['A=caf\\u00e9', [['A', 'café', 'p:1']]],
    ['', []],
  ])('%j is read', (content, settings) => expect(read(content)).toEqual(settings));

  it.each([
    ['hello', 'line 1 is not key=value'],
    ['A=b\nexport C=d', 'line 2 is not key=value'],
    ['=b', 'line 1 is not key=value'],
    ['A=\\uZZ', 'p is not a properties file'],
  ])('%j is refused: %s', (content, why) => {
    expect(() => read(content)).toThrow(expect.objectContaining({ kind: 'input' }));
    try {
      read(content);
    } catch (error) {
      expect(`${(error as Error).message} ${(error as { why: string }).why}`).toContain(why);
    }
  });

  it('is reported with its path when it cannot be read', async () => {
    await expect(
      readProperties({ cwd: '/', env: {}, propertiesFile: '/nowhere/pipeline.properties' }),
    ).rejects.toMatchObject({
      kind: 'input',
      message: 'cannot read the properties file /nowhere/pipeline.properties',
      why: 'the file does not exist',
    });
  });

  it('in a Git repository, or linked to one, sets nothing that decides where rights go', async () => {
    const room = await mkdtemp(join(tmpdir(), 'properties-'));
    const here = { cwd: room, env: {} };
    const file = join(room, 'shop/settings/x.properties');
    await mkdir(join(room, 'shop/.git'), { recursive: true });
    await mkdir(dirname(file));
    for (const key of ['BUILDKIT_HOST', 'SKAFFOLD_INSECURE_REGISTRY', 'OP_IMAGE_MIRRORS', 'OP_STORE']) {
      await writeFile(file, `SKAFFOLD_PROFILE=fast\n${key}=theirs\n`);
      const link = join(room, `${key}.properties`);
      await symlink(file, link);
      for (const path of [file, link]) {
        await expect(readProperties({ ...here, propertiesFile: path })).rejects.toMatchObject({ kind: 'refused' });
      }
      await copyFile(file, join(room, 'ours.properties'));
      expect((await readProperties({ ...here, propertiesFile: join(room, 'ours.properties') })).get(key)?.value).toBe(
        'theirs',
      );
    }
    await symlink(join(room, 'ours.properties'), join(room, 'shop/link.properties'));
    await expect(readProperties({ ...here, propertiesFile: join(room, 'shop/link.properties') })).rejects.toMatchObject(
      { kind: 'refused' },
    );
    await writeFile(file, 'BUILDKIT_HOST=\nOP_STORE=theirs\n');
    await expect(readProperties({ ...here, propertiesFile: file })).rejects.toMatchObject({ kind: 'refused' });
    await writeFile(file, 'SKAFFOLD_PROFILE=fast\nOP_STORE=\n');
    expect((await readProperties({ ...here, propertiesFile: file })).get('SKAFFOLD_PROFILE')?.value).toBe('fast');
    await rm(room, { recursive: true });
  });

  it('is reported with the name that the user knows', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'properties-'));
    await writeFile(join(directory, 'x.properties'), '\nKEY=1\n');
    const settings = await readProperties({ cwd: directory, env: {}, propertiesFile: join(directory, 'x.properties') });
    expect(settings.get('KEY')).toEqual({ key: 'KEY', value: '1', origin: 'x.properties:2' });
  });
});
