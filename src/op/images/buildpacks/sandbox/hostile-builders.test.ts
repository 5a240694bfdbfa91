import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startWorkbench, type Workbench } from '../../../../../test/builder/workbench.js';
import { withTools } from '../../../../../test/tools.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

/** A directory of this machine that the image of a builder points to. */
let outside: string;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'hostile-builders-'));
  await mkdir(join(outside, 'layer'));
});
afterEach(() => rm(outside, { recursive: true }));

let count = 0;

/** The builder of the tests with more files on top; `a -> b` is a symbolic link. */
async function pushBuilderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(outside, 'layer');
  for (const [name, content] of Object.entries(files)) {
    const [path = name, to] = name.split(' -> ');
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (to === undefined) await writeFile(join(root, path), content);
    else await symlink(to, join(root, path));
  }
  const layer = join(outside, 'layer.tar');
  execFileSync('tar', ['--create', `--file=${layer}`, `--directory=${root}`, ...(await readdir(root))]);
  count += 1;
  const image = `${bench.registry.host}/builders/hostile:${count}`;
  const args = ['append', `--base=${bench.builder}`, `--new_layer=${layer}`, `--new_tag=${image}`];
  execFileSync('crane', args, { env: withTools(['crane']), stdio: 'pipe' });
  return image;
}

const site = () => bench.application({ 'public/index.html': 'hello\n' });

it('a builder whose run.toml leads to a file of this machine does not get its content', async () => {
  await writeFile(join(outside, 'run.toml'), '[[images]]\nimage = "localhost:1/of-this-machine"\n');
  const builder = await pushBuilderWith({ [`cnb/run.toml -> ${join(outside, 'run.toml')}`]: '' });
  // Without run.toml, the run image is that of stack.toml.
  await expect(bench.build(await site(), { builder })).resolves.toHaveProperty('digest');
});

it('a builder whose order.toml leads to a file of this machine is not a builder', async () => {
  await writeFile(join(outside, 'config.json'), '{"auths": "a secret"}');
  const builder = await pushBuilderWith({ [`cnb/order.toml -> ${join(outside, 'config.json')}`]: '' });
  await expect(bench.build(await site(), { builder })).rejects.toMatchObject({
    message: `${builder} is not a builder`,
    why: 'it has no /cnb/order.toml',
  });
});

it('buildpacks are not listed in a directory of this machine', async () => {
  await mkdir(join(outside, 'acme_evil/1.0.0'), { recursive: true });
  const builder = await pushBuilderWith({ [`cnb/buildpacks -> ${outside}`]: '' });
  const build = bench.build(await site(), { builder, buildpacks: ['acme/evil'] });
  await expect(build).rejects.toMatchObject({ why: `the builder ${builder} has none` });
});

it('links that stay in the image are followed, as a container runtime follows them', async () => {
  const builder = await pushBuilderWith({
    'cnb/run.toml -> /opt/run.toml': '',
    'opt/run.toml': `[[images]]\nimage = "${bench.run}"\n`,
  });
  await expect(bench.build(await site(), { builder })).resolves.toHaveProperty('digest');
});

it.each(['etc/resolv.conf', 'etc/hosts'])('nothing is written through /%s of a builder', async (path) => {
  const builder = await pushBuilderWith({ [`${path} -> ${join(outside, 'written')}`]: '' });
  await expect(bench.build(await site(), { builder })).resolves.toHaveProperty('digest');
  expect(await readdir(outside)).toEqual(['layer', 'layer.tar']);
});

it.each(['etc', 'home'])(
  'a builder whose /%s is a link is refused, and nothing is written through it',
  async (path) => {
    const builder = await pushBuilderWith({ [`${path} -> ${join(outside, 'written')}`]: '' });
    await mkdir(join(outside, 'written'));
    await expect(bench.build(await site(), { builder })).rejects.toMatchObject({
      kind: 'input',
      message: `${builder} is not a builder`,
      why: `its /${path} is not a directory`,
    });
    expect(await readdir(join(outside, 'written'))).toEqual([]);
  },
);

it.each(['workspace', 'layers', 'builder', 'home/cnb', 'tmp'])(
  'a builder whose /%s is a link builds, and nothing is written through it',
  async (path) => {
    const builder = await pushBuilderWith({ [`${path} -> ${join(outside, 'written')}`]: '' });
    await expect(bench.build(await site(), { builder })).resolves.toHaveProperty('digest');
    expect(await readdir(outside)).toEqual(['layer', 'layer.tar']);
  },
);
