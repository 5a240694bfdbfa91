/** The layers of the tests' builder and run image. Made once, and kept with what else the project builds for itself. */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extract } from '../../image/debian.js';
import { goTool } from '../../image/go-tools.js';
import { launcher, lifecycle, suite } from '../../image/inputs.js';
import { cached, keyOf, type Layer, layer, sha256 } from '../../image/layer.js';
import { toolsDirectory } from '../tools.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = fileURLToPath(import.meta.url);
/** Where they are kept. */
export const work = join(toolsDirectory(), '../builder');

/** Shells, their tools, and a web server: what the processes of the tests' images need, and what its builder has too. */
const runPackages = ['base-files', 'bash', 'busybox-static', 'dash', 'coreutils', 'grep'] as const;
const unused = [
  'boot',
  'dev',
  'proc',
  'sys',
  'run',
  'var',
  'etc/apt',
  'etc/cron.d',
  'etc/dpkg',
  'etc/init.d',
  'usr/share',
  'usr/games',
];

/** The operating system of both images, from Debian packages. */
export const baseLayer = async (): Promise<Layer> =>
  made('base', await keyOf({ runPackages, unused, suite }, source), async (root) => {
    const tree = `${root}.debian`;
    await extract(tree, runPackages);
    await rm(root, { recursive: true });
    await rename(tree, root);
    await Promise.all(unused.map((path) => rm(join(root, path), { recursive: true, force: true })));
    for (const directory of ['dev', 'proc', 'sys', 'run', 'var/tmp', 'tmp', 'workspace', 'layers']) {
      await mkdir(join(root, directory), { recursive: true });
    }
    for (const directory of ['var/tmp', 'tmp']) await chmod(join(root, directory), 0o1777);
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\ncnb:x:1000:1000::/home/cnb:/bin/sh\n');
    await writeFile(join(root, 'etc/group'), 'root:x:0:\ncnb:x:1000:\n');
  });

/** The lifecycle and the buildpacks of this folder. */
export async function buildpacksLayer(): Promise<Layer> {
  const program = await goTool(lifecycle);
  const launch = await goTool(launcher);
  const directory = join(here, 'buildpacks');
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const contents = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file) => {
        const path = join(file.parentPath, file.name);
        return [path.slice(directory.length), await sha256(path)];
      }),
  );
  const key = await keyOf([contents.sort(), await sha256(program), await sha256(launch)], source);
  return made('buildpacks', key, async (root) => {
    const cnb = join(root, 'cnb');
    await mkdir(join(cnb, 'lifecycle'), { recursive: true });
    await cp(program, join(cnb, 'lifecycle/lifecycle'));
    await cp(launch, join(cnb, 'lifecycle/launcher'));
    for (const phase of ['analyzer', 'detector', 'restorer', 'builder', 'exporter', 'creator']) {
      await symlink('lifecycle', join(cnb, 'lifecycle', phase));
    }
    await writeFile(join(cnb, 'lifecycle/lifecycle.toml'), lifecycleToml);
    for (const name of await readdir(directory)) {
      const { id, version } = await about(name);
      const to = join(cnb, 'buildpacks', id.replaceAll('/', '_'), version);
      await cp(join(directory, name), to, { recursive: true });
    }
    await mkdir(join(root, 'home/cnb'), { recursive: true });
  });
}

/** What the builder says of itself: its order, and the run image. It is made anew for each registry. */
export async function settingsLayer(
  directory: string,
  run: string,
  order: readonly (readonly string[])[],
): Promise<Layer> {
  const groups: string[] = [];
  for (const group of order) {
    groups.push('[[order]]\n');
    for (const name of group) {
      const { id, version } = await about(name);
      groups.push(`[[order.group]]\nid = "${id}"\nversion = "${version}"\n`);
    }
  }
  const fill = async (root: string) => {
    const cnb = join(root, 'cnb');
    await mkdir(cnb, { recursive: true });
    await writeFile(join(cnb, 'order.toml'), groups.join(''));
    await writeFile(join(cnb, 'run.toml'), `[[images]]\nimage = "${run}"\n`);
    await writeFile(join(cnb, 'stack.toml'), `[run-image]\nimage = "${run}"\n`);
  };
  return layer(directory, { name: 'settings', key: 'only', fill });
}

/** The buildpack in a folder of `buildpacks`. */
async function about(folder: string): Promise<{ readonly id: string; readonly version: string }> {
  const text = await readFile(join(here, 'buildpacks', folder, 'buildpack.toml'), 'utf8');
  const value = (name: string) => new RegExp(`^${name} = "(.*)"$`, 'mu').exec(text)?.[1] ?? '';
  return { id: value('id'), version: value('version') };
}

const lifecycleToml = `[apis.buildpack]
deprecated = []
supported = ["0.7", "0.8", "0.9", "0.10", "0.11", "0.12"]
[apis.platform]
deprecated = []
supported = ["0.7", "0.8", "0.9", "0.10", "0.11", "0.12", "0.13", "0.14", "0.15"]
[lifecycle]
version = "0.21.0"
`;

/** Makes a layer apart and moves it into place: test files run at the same time and may need the same one. */
async function made(name: string, key: string, fill: (root: string) => Promise<void>): Promise<Layer> {
  const place = join(work, `${name}-${key}`);
  const found = await cached(place, name, key);
  if (found !== undefined) return found;
  await mkdir(work, { recursive: true });
  const apart = await mkdtemp(join(work, 'making-'));
  await layer(apart, { name, key, fill });
  // Another process may have been quicker; its layer is the same.
  await rename(apart, place).catch(() => rm(apart, { recursive: true, force: true }));
  return (await cached(place, name, key)) ?? made(name, key, fill);
}
