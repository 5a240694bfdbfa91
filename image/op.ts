/** The last and smallest layer: the bundled step runner and its launchers. Changing op moves only this layer. */
import { access, chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError } from './error.js';
import { keyOf, type Recipe, sha256 } from './layer.js';

/** `exec` keeps the process: signals of the kubelet reach op itself. */
const launcher = '#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/op/op.cjs "$@"\n';

export async function opRecipe(bundle: string): Promise<{ readonly sha256: string; readonly recipe: Recipe }> {
  await access(bundle).catch(() => {
    throw new BuildError(
      `the op bundle ${bundle} is missing`,
      'there is no such file',
      'name the file that scripts/bundle.ts made, or leave --op out',
    );
  });
  const hash = await sha256(bundle);
  const key = await keyOf(hash, fileURLToPath(import.meta.url));
  return {
    sha256: hash,
    recipe: { name: 'op', key, what: `sha256:${hash.slice(0, 12)}`, fill: (root) => fillOp(root, bundle) },
  };
}

async function fillOp(root: string, bundle: string): Promise<void> {
  const bin = join(root, 'usr/local/bin');
  const lib = join(root, 'usr/local/lib/op');
  await mkdir(bin, { recursive: true });
  await mkdir(lib, { recursive: true });
  await cp(bundle, join(lib, 'op.cjs'));
  await chmod(join(lib, 'op.cjs'), 0o644);
  await writeFile(join(bin, 'op'), launcher, { mode: 0o755 });
  await symlink('op', join(bin, 'octopipeline'));
}
