/**
 * Packs op into one file that needs only Node, `lib/op.cjs`, and `octopipeline/testing` into one that needs the package's own
 * dependencies. Run as `node --import tsx scripts/bundle.ts` for the first.
 */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build as esbuild, type Plugin } from 'esbuild';
import { deflateSync } from 'fflate';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of the bundle; package.json's `bin` names it. */
export const bundlePath = join(root, 'lib', 'op.cjs');

const options = {
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  // CommonJS, because there an import of a Node module takes effect when the code that needs it runs.
  format: 'cjs',
  minify: true,
  legalComments: 'none',
} as const satisfies BuildOptions;

/**
 * Packs `src/op/main.ts` and everything that it imports. What main.ts imports on demand is kept as one compressed string, which the
 * engine skips until it is needed: so `op --version` costs little more than starting Node, however large the rest grows.
 * @param to the file; by default {@link bundlePath}
 * @returns its size in bytes
 */
export async function bundle(to: string = bundlePath): Promise<number> {
  const source = join(root, 'src', 'op');
  const rest = await packed({ ...options, entryPoints: [join(source, 'cli', 'run-program.ts')] });
  const file = await packed({
    ...options,
    entryPoints: [join(source, 'main.ts')],
    banner: { js: '#!/usr/bin/env node' },
    plugins: [compiledWhenNeeded(/\/run-program\.js$/, rest)],
  });
  const before = await readFile(to).catch(() => undefined);
  if (before?.equals(file)) return file.length;
  await mkdir(dirname(to), { recursive: true });
  // Whoever starts op just now gets a whole file.
  const part = `${to}.${process.pid}`;
  await writeFile(part, file);
  await chmod(part, 0o755);
  await rename(part, to);
  return file.length;
}

/** Packs `src/testing.ts`, with the parts of op that run programs and what these import. @param to the file; package.json's `exports` names it */
export async function bundleTesting(to: string = join(root, 'lib', 'testing.js')): Promise<void> {
  const file = await packed({
    ...options,
    entryPoints: [join(root, 'src', 'testing.ts')],
    format: 'esm',
    minify: false,
    external: ['yaml'],
    // Packages in CommonJS ask for modules of Node.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  });
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, file);
}

/**
 * Packs `src/index.ts` and `src/release.ts` for `import` and for `require`, without the packages that they depend on: an app has one copy of
 * cdk8s. The types are there twice, because TypeScript reads a declaration file as what the package.json above it says.
 */
export async function bundleLibrary(to: string = join(root, 'lib')): Promise<void> {
  const required = join(to, 'cjs');
  await mkdir(required, { recursive: true });
  for (const name of ['index', 'release']) {
    const build = {
      ...options,
      entryPoints: [join(root, 'src', `${name}.ts`)],
      minify: false,
      packages: 'external',
    } as const satisfies BuildOptions;
    await writeFile(join(to, `${name}.js`), await packed({ ...build, format: 'esm' }));
    await writeFile(join(required, `${name}.js`), await packed(build));
  }
  await writeFile(join(required, 'package.json'), '{ "type": "commonjs" }\n');
  const types = await readdir(to, { recursive: true });
  for (const file of types.filter((name) => name.endsWith('.d.ts') && !name.startsWith('cjs'))) {
    await mkdir(dirname(join(required, file)), { recursive: true });
    await copyFile(join(to, file), join(required, file));
  }
}

async function packed(build: BuildOptions & { readonly write: false }): Promise<Buffer> {
  const [file] = (await esbuild(build)).outputFiles;
  if (file === undefined) throw new Error('esbuild wrote nothing');
  return Buffer.from(file.contents);
}

/**
 * Embeds a module's code as text, to be inflated (3 ms) and compiled when it is first imported. Deflated in JavaScript: the output of Node's
 * own zlib depends on its version and on the processor, and the same sources must give the same bytes.
 */
function compiledWhenNeeded(filter: RegExp, code: Buffer): Plugin {
  const deflated = Buffer.from(deflateSync(code, { level: 9, mem: 9 })).toString('base64');
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const contents = `
    const { runKept } = require('./src/op/kit/process/compiled.js');
    module.exports = runKept({ file: __filename, deflated: '${deflated}', hash: '${hash}' }, require);`;
  return {
    name: 'compiled-when-needed',
    setup(build) {
      build.onResolve({ filter }, () => ({ path: 'rest', namespace: 'text' }));
      build.onLoad({ filter: /./, namespace: 'text' }, () => ({ contents, resolveDir: root }));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${bundlePath}: ${await bundle()} bytes`);
}
