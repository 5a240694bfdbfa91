import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reference } from '../../../../../test/builder/workbench.js';
import { type LocalRegistry, startRegistry } from '../../../../../test/op/local-registry.js';
import { testContext } from '../../../../../test/op/test-context.js';
import { withTools } from '../../../../../test/tools.js';
import { installBuildpacks, linkBuildpacks } from './install-buildpacks.js';

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'hostile-buildpacks-'));
  await mkdir(join(room, 'exchange'));
  await mkdir(join(room, 'pack/bin'), { recursive: true });
});
afterEach(() => rm(room, { recursive: true }));

const install = (source: Parameters<typeof installBuildpacks>[3][number]) =>
  installBuildpacks(testContext().context, { insecure: [], env: {} }, join(room, 'exchange/buildpacks'), [source]);
const refused = { kind: 'input', why: expect.stringMatching(/the (?:ID|version) ".*" is invalid/u) };

describe.each([
  ['acme/evil', '../../../escaped'],
  ['acme/evil', '..'],
  ['acme/evil', ''],
  ['acme/evil', '1.0.0/../../../../escaped'],
  ['..', 'escaped'],
  ['', '1.0.0'],
  ['acme\\evil', '1.0.0'],
])('a buildpack with the ID %j and the version %j', (id, version) => {
  const identity = `id = ${JSON.stringify(id)}\nversion = ${JSON.stringify(version)}\n`;

  it('is refused in a buildpack.toml, and nothing is written', async () => {
    await writeFile(join(room, 'pack/buildpack.toml'), `api = "0.10"\n[buildpack]\n${identity}`);
    await expect(install({ from: 'directory', path: join(room, 'pack') })).rejects.toMatchObject(refused);
    expect([await readdir(room), await readdir(join(room, 'exchange'))]).toEqual([['exchange', 'pack'], []]);
  });

  it('is refused as an inline script of project.toml, and nothing is written', async () => {
    const script = { api: '0.10', inline: 'true', shell: '/bin/sh' };
    await expect(install({ from: 'script', id, version, script })).rejects.toMatchObject(refused);
    expect([await readdir(room), await readdir(join(room, 'exchange'))]).toEqual([['exchange', 'pack'], []]);
  });
});

it('accepts the IDs and versions of the specification', async () => {
  const script = { api: '0.10', inline: 'true', shell: '/bin/sh' };
  const [installed] = await install({ from: 'script', id: 'acme.io/my-pack', version: '1.0.0-rc.1+build', script });
  expect(installed?.module).toEqual({ id: 'acme.io/my-pack', version: '1.0.0-rc.1+build' });
});

describe('the image of a buildpack', () => {
  const env = withTools(['crane']);
  let registry: LocalRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  it.each(['cnb', 'cnb/buildpacks', 'cnb/buildpacks/acme_evil', 'cnb/buildpacks/acme_evil/1.0.0'])(
    'is refused if %s is a symbolic link, and no file of this machine is copied',
    async (path) => {
      const secret = join(room, 'secret', 'cnb/buildpacks/acme_evil/1.0.0'.slice(path.length));
      await mkdir(secret, { recursive: true });
      await writeFile(join(secret, 'token'), 'of this machine');
      const [root, layer] = [join(room, 'root'), join(room, 'layer.tar')];
      await mkdir(dirname(join(root, path)), { recursive: true });
      await symlink(join(room, 'secret'), join(root, path));
      execFileSync('tar', ['--create', `--file=${layer}`, `--directory=${root}`, 'cnb']);
      const image = `${registry.host}/evil/pack:1`;
      const label = 'io.buildpacks.buildpackage.metadata={"id":"acme/evil","version":"1.0.0"}';
      const crane = (...args: string[]) => execFileSync('crane', args, { env, stdio: 'pipe' });
      crane('append', '--oci-empty-base', `--new_layer=${layer}`, `--new_tag=${image}`);
      crane('mutate', image, `--tag=${image}`, `--label=${label}`, '--set-platform=linux/amd64');
      const { context } = testContext({ env: { ...env, TMPDIR: room } });
      const store = join(room, 'exchange/buildpacks');
      const source = { from: 'image', image: reference(image) } as const;
      const installing = installBuildpacks(context, { insecure: [], env: {} }, store, [source]);
      await expect(installing).rejects.toMatchObject({
        message: path === 'cnb' ? `cannot unpack ${image}` : `${image} is not a buildpack`,
      });
      expect(await readdir(join(room, 'exchange'), { recursive: true })).not.toContain(
        'buildpacks/acme_evil/1.0.0/token',
      );
    },
  );

  it.each(['{"id":', '{"id":"acme/evil"}', 'null'])('is refused if its label is %s', async (metadata) => {
    await writeFile(join(room, 'file'), '');
    const layer = join(room, 'layer.tar');
    execFileSync('tar', ['--create', `--file=${layer}`, `--directory=${room}`, 'file']);
    const image = `${registry.host}/evil/label:1`;
    const crane = (...args: string[]) => execFileSync('crane', args, { env, stdio: 'pipe' });
    crane('append', '--oci-empty-base', `--new_layer=${layer}`, `--new_tag=${image}`);
    const label = `--label=io.buildpacks.buildpackage.metadata=${metadata}`;
    crane('mutate', image, `--tag=${image}`, label, '--set-platform=linux/amd64');
    const { context } = testContext({ env: { ...env, TMPDIR: room } });
    const source = { from: 'image', image: reference(image) } as const;
    const installing = installBuildpacks(context, { insecure: [], env: {} }, join(room, 'store'), [source]);
    await expect(installing).rejects.toMatchObject({
      kind: 'input',
      message: `${image} is not a buildpack`,
      why: expect.stringContaining('io.buildpacks.buildpackage.metadata is not JSON'),
    });
  });
});

describe('a buildpack of the repository', () => {
  it.each(['buildpack.toml', 'package.toml'])('is refused if its %s leads out of it', async (name) => {
    await writeFile(
      join(room, 'pack/buildpack.toml'),
      'api = "0.10"\n[buildpack]\nid = "acme/evil"\nversion = "1.0.0"\n',
    );
    await writeFile(join(room, 'secret.toml'), '[buildpack]\nid = "of-this-machine"\n');
    await rm(join(room, 'pack', name), { force: true });
    await symlink('../secret.toml', join(room, 'pack', name));
    await expect(install({ from: 'directory', path: join(room, 'pack') })).rejects.toMatchObject({
      kind: 'input',
      why: `its ${name} leads out of it`,
    });
    expect(await readdir(join(room, 'exchange'))).toEqual([]);
  });

  it.each(['bin', 'bin/build', 'buildpack.toml'])(
    'does not lead what op writes for a script with its ID and version elsewhere, by the link %s',
    async (path) => {
      const pack = join(room, 'pack');
      await writeFile(join(pack, 'real.toml'), 'api = "0.10"\n[buildpack]\nid = "acme/evil"\nversion = "1.0.0"\n');
      await symlink('real.toml', join(pack, 'buildpack.toml'));
      await mkdir(join(room, 'mine'));
      await writeFile(join(room, 'mine/build'), 'mine');
      if (path !== 'buildpack.toml') {
        await rm(join(pack, path), { recursive: true, force: true });
        await symlink(join(room, 'mine', path === 'bin' ? '' : 'build'), join(pack, path));
      }
      const script = { api: '0.10', inline: 'true', shell: '/bin/sh' };
      const twice = installBuildpacks(testContext().context, { insecure: [], env: {} }, join(room, 'exchange/store'), [
        { from: 'directory', path: pack },
        { from: 'script', id: 'acme/evil', version: '1.0.0', script },
      ]);
      await expect(twice).rejects.toMatchObject({ kind: 'input', message: expect.stringContaining('acme/evil@1.0.0') });
      expect(await readdir(join(room, 'mine'))).toEqual(['build']);
      expect(await readFile(join(room, 'mine/build'), 'utf8')).toBe('mine');
    },
  );

  it('may have links that stay in it', async () => {
    await writeFile(join(room, 'pack/real.toml'), 'api = "0.10"\n[buildpack]\nid = "acme/fine"\nversion = "1.0.0"\n');
    await symlink('real.toml', join(room, 'pack/buildpack.toml'));
    const [installed] = await install({ from: 'directory', path: join(room, 'pack') });
    expect(installed?.module).toEqual({ id: 'acme/fine', version: '1.0.0' });
  });
});

describe("the list of a builder's buildpacks", () => {
  it.each([
    ['..', 'escaped'],
    ['acme', '..'],
    ['acme', '../../escaped'],
  ])('makes no link for the ID %j and the version %j', async (id, version) => {
    await linkBuildpacks(join(room, 'exchange/buildpacks'), [
      { id, version },
      { id: 'acme_fine', version: '1.0.0' },
    ]);
    expect(await readdir(room)).toEqual(['exchange', 'pack']);
    expect(await readdir(join(room, 'exchange'))).toEqual(['buildpacks']);
    expect(await readdir(join(room, 'exchange/buildpacks'))).toEqual(['acme_fine']);
  });
});
