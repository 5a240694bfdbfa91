/**
 * Builds the octopipeline image without a container daemon. Run it as `image/build`.
 *
 *   image/build                    into an OCI layout; prints its digest
 *   image/build --push REFERENCE   and pushes it with crane
 *   image/build --lock             renews image.lock.json from what the package archives serve today
 *
 * `--work DIRECTORY` holds layers and layout (default `${XDG_CACHE_HOME:-~/.cache}/octopipeline/image`),
 * `--op FILE` is a bundle of op made elsewhere (default: one is made now).
 */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import packageJson from '../package.json' with { type: 'json' };
import { bundle } from '../scripts/bundle.js';
import { base } from './base.js';
import { BuildError } from './error.js';
import { buildTools, goTool, goToolchain } from './go-tools.js';
import { debian, goTools, node, repository } from './inputs.js';
import { layer } from './layer.js';
import { writeLayout } from './layout.js';
import { differences, type Lock, readLock, writeLock } from './lock.js';
import { nodeRecipe } from './node.js';
import { opRecipe } from './op.js';

interface Options {
  readonly work: string;
  readonly op: string | undefined;
  readonly push: string | undefined;
  readonly lock: boolean;
}

async function build({ work, op, push, lock: renew }: Options): Promise<void> {
  await mkdir(work, { recursive: true });
  const locked = await readLock();
  const seconds = stopwatch();
  const { layer: baseLayer, packages } = await base(work, locked?.debian.packages, renew, Date.now());
  seconds('base', `${packages.length} Debian packages`);
  const nodeLayer = await layer(work, await nodeRecipe(work));
  seconds('node', node.version);
  const { built: tools, recipe: toolsRecipe } = await buildTools();
  const toolsLayer = await layer(work, toolsRecipe);
  seconds('tools', tools.map(({ name, version }) => `${name} ${version}`).join(', '));
  const { sha256, recipe } = await opRecipe(op ?? (await bundleOp(work)));
  const opLayer = await layer(work, recipe);
  seconds('op', `sha256:${sha256.slice(0, 12)}`);

  const layout = join(work, 'layout');
  const layers = [baseLayer, nodeLayer, toolsLayer, opLayer];
  const digest = await writeLayout(layout, layers, packageJson.version);
  const built: Lock = {
    image: `${repository}:${packageJson.version}`,
    digest,
    op: { sha256 },
    node,
    go: { toolchain: await goToolchain(), tools },
    debian: { suite: debian.suite, packages },
  };
  if (renew) {
    await writeLock(built);
  } else if (locked?.digest !== digest) {
    const why = locked === undefined ? ['there is no image.lock.json'] : differences(locked, built);
    console.error(`warning: the digest differs from image.lock.json: ${why.join('; ') || 'the recipe changed'}`);
    console.error('  do: image/build --lock, then npm run synth, when the new image is the one to release');
  }
  if (push !== undefined) {
    await pushLayout(layout, push);
    seconds('push', push);
  }
  const size = layers.reduce((sum, { size }) => sum + size, 0);
  console.error(`image   ${built.image}@${digest} (${Math.round(size / 1e6)} MB) in ${layout}`);
  console.log(digest);
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

async function pushLayout(layout: string, reference: string): Promise<void> {
  const crane = goTools.find(({ name }) => name === 'crane');
  if (crane === undefined) return;
  const result = await execa(await goTool(crane), ['push', layout, reference], { reject: false });
  if (result.failed) {
    throw new BuildError(
      `pushing ${reference} failed`,
      result.stderr.trim().split('\n').at(-1) ?? '',
      'see that the registry answers',
    );
  }
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
    throw new BuildError('the image cannot be built', 'files in it belong to root', 'run image/build as root');
  }
  await build({ work: values.work, op: values.op, push: values.push, lock: values.lock });
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}\n  why: ${error.why}\n  do: ${error.hint}`);
  process.exitCode = 4;
}
