/** The Node.js layer: the one program of the npm package that carries it, checked against its pinned hash. */
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { BuildError } from './error.js';
import { node } from './inputs.js';
import { keyOf, type Recipe } from './layer.js';

export async function nodeRecipe(work: string): Promise<Recipe> {
  const key = await keyOf(node, fileURLToPath(import.meta.url));
  return { name: 'node', key, what: node.version, fill: (root) => fillNode(root, join(work, 'node')) };
}

async function fillNode(root: string, download: string): Promise<void> {
  await rm(download, { recursive: true, force: true });
  await mkdir(download, { recursive: true });
  // npm pack asks the registry that this machine's npm is set up for.
  const { stdout } = await execa('npm', [
    'pack',
    `${node.package}@${node.version}`,
    '--silent',
    `--pack-destination=${download}`,
  ]);
  const tarball = join(download, stdout.trim().split('\n').at(-1) ?? '');
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;
  if (integrity !== node.integrity) {
    throw new BuildError(
      `${node.package}@${node.version} is not what was pinned`,
      `its hash is ${integrity}, pinned is ${node.integrity}`,
      'do not use it; look into what the registry serves',
    );
  }
  await execa('tar', [
    '--extract',
    `--file=${tarball}`,
    `--directory=${download}`,
    'package/bin/node',
    'package/LICENSE',
  ]);
  const program = join(root, 'usr/local/bin/node');
  const licence = join(root, 'usr/share/doc/node/copyright');
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  await mkdir(join(root, 'usr/share/doc/node'), { recursive: true });
  await cp(join(download, 'package/bin/node'), program);
  await cp(join(download, 'package/LICENSE'), licence);
  await chmod(program, 0o755);
  await chmod(licence, 0o644);
  await rm(download, { recursive: true });
}
