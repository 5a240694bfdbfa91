import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Builder } from '../specification/builder.js';
import { findBuildpack } from './find-buildpack.js';

const builder: Builder = {
  image: 'acme/builder:1',
  platformApis: [],
  order: [],
  buildpacks: [
    { id: 'acme_node', version: '1.0.0' },
    { id: 'acme_java', version: '2.0.0' },
    { id: 'acme_java', version: '3.0.0' },
  ],
  runImages: [],
  runToml: undefined,
  stackToml: undefined,
};

describe('a requested buildpack', () => {
  let root: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'locate-')));
    await mkdir(join(root, 'own/pack'), { recursive: true });
    await writeFile(join(root, 'own/pack.tgz'), '');
    await symlink('/etc', join(root, 'outside'));
  });
  afterAll(() => rm(root, { recursive: true }));
  const found = (named: string) => findBuildpack(named, { builder, base: join(root, 'own'), root });

  it.each([
    ['acme/node', '1.0.0'],
    ['acme/node@1.0.0', '1.0.0'],
    ['acme/java@3.0.0', '3.0.0'],
    ['urn:cnb:builder:acme/node', '1.0.0'],
    ['from=builder:acme/java@2.0.0', '2.0.0'],
  ])('%s is in the builder', async (named, version) => {
    const id = /acme\/\w+/u.exec(named)?.[0];
    expect(await found(named)).toEqual({ from: 'builder', all: false, module: { id, version } });
  });

  it.each(['from=builder', 'urn:cnb:builder'])('%s is all of the builder', async (named) => {
    expect(await found(named)).toEqual({ from: 'builder', all: true });
  });

  it('is a directory if the path exists, before an ID of the builder', async () => {
    expect(await found('pack')).toEqual({ from: 'directory', path: join(root, 'own/pack') });
    expect(await found(`file://${root}/own/pack`)).toEqual({ from: 'directory', path: join(root, 'own/pack') });
  });

  it.each(['docker://ghcr.io/acme/pack:1', 'docker:///ghcr.io/acme/pack:1', 'ghcr.io/acme/pack:1'])(
    '%s is an image',
    async (named) => {
      expect(await found(named)).toMatchObject({ from: 'image', image: { registry: 'ghcr.io', path: 'acme/pack' } });
    },
  );

  it('is a script if it has an ID and a script', async () => {
    const script = { api: '0.10', inline: 'true', shell: '/bin/sh' };
    const named = { id: 'a/b', version: undefined, uri: undefined, script };
    expect(await findBuildpack(named, { builder, base: root, root })).toEqual({
      from: 'script',
      id: 'a/b',
      version: '0.0.0',
      script,
    });
  });

  it.each([
    ['acme/none', 'buildpack acme/none not found', /the builder acme\/builder:1 has acme_node@1\.0\.0/u],
    ['acme/node@9', 'buildpack acme/node@9 not found', /has acme_node@1\.0\.0$/u],
    ['acme/java', 'the buildpack acme/java needs a version', /acme_java@2\.0\.0, acme_java@3\.0\.0/u],
    [
      'urn:cnb:registry:acme/x',
      'cannot use the buildpack urn:cnb:registry:acme/x',
      /does not use buildpack registries/u,
    ],
    ['https://example.com/x.tgz', 'cannot use the buildpack https://example.com/x.tgz', /does not download archives/u],
    ['pack.tgz', 'cannot use the buildpack pack.tgz', /needs a directory/u],
    ['docker://r.io/UPPER', 'cannot use the buildpack docker://r.io/UPPER', /has capital letters/u],
    ['../outside', 'the buildpack ../outside is outside the repository', /leads to \/etc/u],
  ])('%s is refused', async (named, message, why) => {
    await expect(found(named)).rejects.toMatchObject({ kind: 'input', message, why: expect.stringMatching(why) });
  });
});
