/**
 * What tests run of op, bundled once for all of them before any test: as the global setup of vitest, which hands the directory to its workers
 * in a variable. A program that runs without vitest bundles for itself.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { bundle } from '../../scripts/bundle.js';

const root = dirname(dirname(import.meta.dirname));
const variable = 'OCTOPIPELINE_TEST_BUNDLES';

/** Bundles into a temporary directory, again when a watched test runs again. @returns what removes it */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'octopipeline-bundles-'));
  await bundleAll(directory);
  project.onTestsRerun(() => bundleAll(directory));
  process.env[variable] = directory;
  return () => rm(directory, { recursive: true, force: true });
}

async function bundleAll(directory: string): Promise<void> {
  await Promise.all([bundleOp(join(directory, 'op')), bundlePackage(join(directory, 'package'))]);
}

/** Bundles op, and runs it once: what V8 makes of it stays beside it. */
async function bundleOp(to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await bundle(join(to, 'op.cjs'));
  await execa('node', [join(to, 'op.cjs'), 'config', '--help']);
}

/** Of the library only the typed core: the catalog and cdk8s take long to bundle. Each is a bundle of its own, as in the package. */
async function bundlePackage(to: string): Promise<void> {
  const entryPoints = { release: join(root, 'src/release.ts'), index: join(root, 'src/tekton/index.ts') };
  await build({ entryPoints, outdir: to, bundle: true, format: 'esm', platform: 'node' });
}

/** Puts op into a directory. @returns its file, `op.cjs` */
export async function putOp(directory: string): Promise<string> {
  await put('op', directory, bundleOp);
  return join(directory, 'op.cjs');
}

/** Puts the code of the package that releases import into a directory: `index.js` and `release.js`. */
export const putPackage = (directory: string): Promise<void> => put('package', directory, bundlePackage);

async function put(name: string, directory: string, make: (to: string) => Promise<void>): Promise<void> {
  const bundles = process.env[variable];
  await (bundles === undefined ? make(directory) : cp(join(bundles, name), directory, { recursive: true }));
}
