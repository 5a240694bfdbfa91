/** The last and smallest layer: the bundled step runner and its launchers. Changing op moves only this layer. */
import { access, chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { BuildError } from './error.js';
import { keyOf, layer, type Recipe, sha256 } from './layer.js';

/** `exec` keeps the process: signals of the kubelet reach op itself. */
const launcher = '#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/op/op.cjs "$@"\n';

/** @param node the layer whose Node.js starts op in the image */
export async function opRecipe(
  work: string,
  bundle: string,
  node: Recipe,
): Promise<{ readonly sha256: string; readonly recipe: Recipe }> {
  await access(bundle).catch(() => {
    throw new BuildError(
      `the op bundle ${bundle} is missing`,
      'there is no such file',
      'name the file that scripts/bundle.ts made, or leave --op out',
    );
  });
  const hash = await sha256(bundle);
  const key = await keyOf([hash, node.key], fileURLToPath(import.meta.url));
  return {
    sha256: hash,
    recipe: { name: 'op', key, what: `sha256:${hash.slice(0, 12)}`, fill: (root) => fillOp(root, bundle, work, node) },
  };
}

async function fillOp(root: string, bundle: string, work: string, node: Recipe): Promise<void> {
  const bin = join(root, 'usr/local/bin');
  const lib = join(root, 'usr/local/lib/op');
  await mkdir(bin, { recursive: true });
  await mkdir(lib, { recursive: true });
  await cp(bundle, join(lib, 'op.cjs'));
  await chmod(join(lib, 'op.cjs'), 0o644);
  await compile(join(lib, 'op.cjs'), await programOf(work, node));
  await writeFile(join(bin, 'op'), launcher, { mode: 0o755 });
  await symlink('op', join(bin, 'octopipeline'));
}

/** Unpacks the Node.js of the image. @returns the path of the program */
async function programOf(work: string, node: Recipe): Promise<string> {
  const { path } = await layer(work, node);
  const directory = join(work, 'node-of-image');
  await mkdir(directory, { recursive: true });
  const program = 'usr/local/bin/node';
  await execa('tar', ['--extract', `--file=${path}`, `--directory=${directory}`, `./${program}`]);
  return join(directory, program);
}

/** Starts op once, which keeps what V8 makes of it: no step has to compile it. The seed makes it the same bytes each time. */
const compile = (op: string, program: string) =>
  execa(program, ['--random-seed=1', op, 'config'], { env: {}, extendEnv: false, stdout: 'ignore' });
