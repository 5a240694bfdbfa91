/**
 * Builds the images of the project without a container daemon: the octopipeline image, which every step runs, and the optional buildkitd.
 * Run it as `image/build`.
 *
 *   image/build                         into OCI layouts; prints the reference of each, with its digest
 *   image/build --push HOST/PATH        and pushes them with crane, as HOST/PATH/octopipeline:VERSION and so on
 *   image/build --lock                  renews image.lock.json from what the package archives serve now
 *
 * `--work DIRECTORY` holds layers and layouts (default `${XDG_CACHE_HOME:-~/.cache}/octopipeline/image`),
 * `--op FILE` is an existing bundle of op (default: a new one is built).
 */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../scripts/bundle.js';
import { type Assembled, assemble } from './assemble.js';
import { buildkitd } from './buildkitd.js';
import { BuildError } from './error.js';
import { goToolchain } from './go-tools.js';
import { node, registry, suite } from './inputs.js';
import { differences, type Lock, readLock, writeLock } from './lock.js';
import { nodeRecipe } from './node.js';
import { octopipeline } from './octopipeline.js';
import { opRecipe } from './op.js';
import { push } from './push.js';

interface Options {
  readonly work: string;
  readonly op: string | undefined;
  readonly push: string | undefined;
  readonly lock: boolean;
}

async function build({ work, op, push: destination, lock: renew }: Options): Promise<void> {
  await mkdir(work, { recursive: true });
  const locked = await readLock();
  const say = stopwatch();
  const nodeLayer = await nodeRecipe(work);
  const { sha256, recipe } = await opRecipe(work, op ?? (await bundleOp(work)), nodeLayer);
  const image = await assemble(octopipeline, {
    work,
    locked: locked?.debian.packages,
    renew,
    more: [nodeLayer, recipe],
    say,
  });
  const daemon = await assemble(buildkitd, {
    work,
    locked: locked?.buildkitd.debian.packages,
    renew,
    more: [],
    say,
  });
  const built: Lock = {
    image: image.reference,
    digest: image.digest,
    op: { sha256 },
    node,
    go: { toolchain: await goToolchain(), tools: image.tools },
    debian: { suite, packages: image.packages },
    buildkitd: {
      image: daemon.reference,
      digest: daemon.digest,
      go: { tools: daemon.tools },
      debian: { packages: daemon.packages },
    },
  };
  if (renew) await writeLock(built);
  else warn(locked, built);
  for (const made of [image, daemon]) {
    if (destination !== undefined) {
      const reference = made.reference.replace(registry, destination);
      await push(made.layout, reference);
      say('push', reference);
    }
    report(made);
  }
}

/** Explains why an image differs from the locked one. */
function warn(locked: Lock | undefined, built: Lock): void {
  if (locked?.digest === built.digest && locked.buildkitd.digest === built.buildkitd.digest) return;
  const why = locked === undefined ? ['image.lock.json is missing'] : differences(locked, built);
  console.error(`warning: the digest differs from image.lock.json: ${why.join('; ') || 'the recipe changed'}`);
  console.error('  do: image/build --lock, then npm run synth, to release the new image');
}

function report({ reference, digest, size, layout }: Assembled): void {
  console.error(`image   ${reference}@${digest} (${Math.round(size / 1e6)} MB) in ${layout}`);
  console.log(`${reference}@${digest}`);
}

/** Bundles op from its sources, so that an image never carries an older op than the tree it is built from. */
async function bundleOp(work: string): Promise<string> {
  const file = join(work, 'op.cjs');
  await bundle(file).catch((error: Error) => {
    throw new BuildError(
      'bundling op failed',
      error.message.split('\n')[0] ?? '',
      'npx tsc --noEmit shows what does not fit',
    );
  });
  return file;
}

function stopwatch(): (stage: string, what: string) => void {
  let last = Date.now();
  return (stage, what) => {
    const now = Date.now();
    console.error(`${stage.padEnd(7)} ${((now - last) / 1000).toFixed(1).padStart(5)} s  ${what}`);
    last = now;
  };
}

const { values } = parseArgs({
  options: {
    work: {
      type: 'string',
      default: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'octopipeline/image'),
    },
    op: { type: 'string' },
    push: { type: 'string' },
    lock: { type: 'boolean', default: false },
  },
});
process.umask(0o022);
try {
  if (process.getuid?.() !== 0) {
    throw new BuildError('the images cannot be built', 'files in them belong to root', 'run image/build as root');
  }
  await build({ work: values.work, op: values.op, push: values.push, lock: values.lock });
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}\n  why: ${error.why}\n  do: ${error.hint}`);
  process.exitCode = 4;
}
