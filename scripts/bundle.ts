/** Packs op into one file that needs only Node: `lib/op.cjs`. Run as `node --import tsx scripts/bundle.ts`. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the bundle goes; package.json's `bin` names it. */
export const bundlePath = join(root, 'lib', 'op.cjs');

/**
 * Packs `src/op/main.ts` and all that it imports.
 * CommonJS, because there an import of a Node module takes effect when the code that needs it runs: `op --version` loads none.
 * @param to the file; by default {@link bundlePath}
 * @returns its size in bytes
 */
export async function bundle(to: string = bundlePath): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src', 'op', 'main.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: false,
    legalComments: 'none',
    banner: { js: '#!/usr/bin/env node' },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild wrote nothing');
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, file.contents);
  await chmod(to, 0o755);
  return file.contents.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${bundlePath}: ${await bundle()} bytes`);
}
