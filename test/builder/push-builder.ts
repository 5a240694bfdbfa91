import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withTools } from '../tools.js';
import { baseLayer, buildpacksLayer, settingsLayer, work } from './layers.js';
import { type ImageConfig, writeImage } from './layout.js';

const stack = 'octopipeline.test';
/** Another user than op's: what is built must not depend on it. */
const user = '1000';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const runConfig: ImageConfig = {
  User: `${user}:${user}`,
  Env: [path],
  Labels: {
    'io.buildpacks.stack.id': stack,
    'io.buildpacks.base.distro.name': 'debian',
    'io.buildpacks.base.distro.version': '12',
  },
};

/** Pushes an OCI layout directory. */
export type Push = (layout: string, reference: string) => Promise<unknown>;

/**
 * Pushes the tests' own builder and run image: Debian 12 with busybox, the CNB lifecycle, and two buildpacks: `octopipeline/static`
 * serves a site (public/index.html, or BP_STATIC_ROOT), `octopipeline/procfile` takes process types from a Procfile.
 * @param registry where the images are named, `HOST[:PORT][/PATH]`
 * @param push @default crane, to a registry on this machine without credentials
 */
export async function pushBuilder(
  registry: string,
  push: Push = pushLayout,
): Promise<{ readonly builder: string; readonly run: string }> {
  const run = `${registry}/builders/run:1`;
  const builder = `${registry}/builders/builder:1`;
  const [base, buildpacks] = [await baseLayer(), await buildpacksLayer()];
  await withWorkDirectory(async (directory) => {
    const settings = await settingsLayer(directory, run, [['procfile'], ['static']]);
    const layouts = { run: join(directory, 'run'), builder: join(directory, 'builder') };
    await writeImage(layouts.run, [base], runConfig);
    await writeImage(layouts.builder, [base, buildpacks, settings], builderConfig(run));
    await push(layouts.run, run);
    await push(layouts.builder, builder);
  });
  return { builder, run };
}

/** The label that pack and kpack read is there too, so that the builder is one for them as well. */
function builderConfig(run: string): ImageConfig {
  const order = [
    { group: [{ id: 'octopipeline/procfile', version: '0.3.1' }] },
    { group: [{ id: 'octopipeline/static', version: '1.2.0' }] },
  ];
  const metadata = {
    description: 'The builder of the tests',
    buildpacks: order.flatMap(({ group }) => group),
    stack: { runImage: { image: run, mirrors: [] } },
    lifecycle: {
      version: '0.21.0',
      api: { buildpack: '0.7', platform: '0.7' },
      apis: {
        buildpack: { deprecated: [], supported: ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12'] },
        platform: {
          deprecated: [],
          supported: ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'],
        },
      },
    },
    createdBy: { name: 'octopipeline', version: '' },
  };
  return {
    User: `${user}:${user}`,
    WorkingDir: '/layers',
    Env: [path, `CNB_USER_ID=${user}`, `CNB_GROUP_ID=${user}`, `CNB_STACK_ID=${stack}`],
    Labels: {
      'io.buildpacks.stack.id': stack,
      'io.buildpacks.buildpack.order': JSON.stringify(order),
      'io.buildpacks.builder.metadata': JSON.stringify(metadata),
    },
  };
}

const pushLayout: Push = (layout, reference) =>
  execa('crane', ['push', layout, reference], { env: withTools(['crane']) });

/** Beside the layers, so that they can be linked. */
async function withWorkDirectory(act: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(work, 'layouts-'));
  try {
    await act(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
