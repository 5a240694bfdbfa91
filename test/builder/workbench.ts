import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from '../../src/op/context.js';
import { buildWithBuildpacks } from '../../src/op/images/buildpacks/build.js';
import type { BuildpacksBuild } from '../../src/op/images/buildpacks/build-request.js';
import { findBuilderHost } from '../../src/op/images/buildpacks/sandbox/builder-host.js';
import type { RegistryAccess } from '../../src/op/systems/registry/crane.js';
import { parseReference, type Reference } from '../../src/op/systems/registry/reference.js';
import { type LocalRegistry, startRegistry } from '../op/local-registry.js';
import { testContext } from '../op/test-context.js';
import { withTools } from '../tools.js';
import { pushBuilder } from './push-builder.js';

/** What builds with buildpacks on this machine need. */
export const buildpacksTools = ['bwrap', 'crane', 'lifecycle', 'cnb-launcher', 'tar'] as const;

/** Everything for tests that build with the tests' own builder: a registry with it, and a place. */
export interface Workbench {
  readonly registry: LocalRegistry;
  readonly builder: string;
  readonly run: string;
  readonly context: Context;
  /** What was said through the context. */
  readonly printed: string[];
  /** Makes a directory with an application; a file `a -> b` is a symbolic link, and one that ends in .sh can be executed. */
  readonly application: (files: Readonly<Record<string, string>>) => Promise<string>;
  /** Builds it; `lines` gets what the phases print. */
  readonly build: (directory: string, parts?: Partial<BuildpacksBuild>, more?: BuildWith) => Promise<Built>;
  readonly stop: () => Promise<void>;
}

interface BuildWith {
  readonly context?: Context;
  readonly access?: RegistryAccess;
}

/** What came of a build. */
export interface Built extends Awaited<ReturnType<typeof buildWithBuildpacks>> {
  readonly lines: readonly string[];
}

/** Starts one; its cache of unpacked builders is empty. */
export async function startWorkbench(): Promise<Workbench> {
  const registry = await startRegistry();
  const { builder, run } = await pushBuilder(registry.host);
  const home = await mkdtemp(join(tmpdir(), 'buildpacks-test-'));
  const { PATH } = withTools(buildpacksTools);
  const { context, printed } = testContext({ env: { PATH, HOME: home } });
  const found = await findBuilderHost(context, { container: undefined, builder: undefined, daemon: false });
  if ('why' in found) throw new Error(found.why);
  let count = 0;
  return {
    registry,
    builder,
    run,
    context,
    printed,
    application: async (files) => {
      count += 1;
      const directory = join(home, `repository-${count}`);
      await writeFiles(directory, files);
      return directory;
    },
    build: async (directory, parts = {}, { context: during = context, access = { insecure: [], env: {} } } = {}) => {
      const lines: string[] = [];
      const request: BuildpacksBuild = {
        image: 'app',
        context: directory,
        root: directory,
        builder,
        runImage: undefined,
        env: {},
        buildpacks: [],
        projectDescriptor: 'project.toml',
        clearCache: false,
        cacheImage: undefined,
        defaultProcess: undefined,
        mirrors: [],
        sbomDirectory: undefined,
        target: reference(`${registry.host}/team/app:v1`),
        ...parts,
      };
      const built = await buildWithBuildpacks({ ...during, cwd: directory }, access, found, request, (line) =>
        lines.push(line),
      );
      return { ...built, lines };
    },
    stop: async () => {
      await registry.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A reference that a test is sure of. */
export function reference(text: string): Reference {
  const read = parseReference(text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

/** The entries of an image's layers that a test asks for, as `tar --list --verbose` has them. */
export function listLayers(image: string): string {
  const { PATH } = withTools(['crane']);
  const crane = (...args: string[]) => execFileSync('crane', args, { env: { PATH }, maxBuffer: 256 * 1024 * 1024 });
  const repository = image.replace(/[:@][^/]*$/u, '');
  const manifest: { readonly layers: readonly { readonly digest: string }[] } = JSON.parse(
    crane('manifest', image).toString(),
  );
  return manifest.layers
    .map(({ digest }) => {
      const input = crane('blob', `${repository}@${digest}`);
      const flags = ['--list', '--verbose', '--gzip', '--numeric-owner', '--full-time'];
      return execFileSync('tar', flags, { input, maxBuffer: 256 * 1024 * 1024, stdio: 'pipe' }).toString();
    })
    .join('');
}

async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const [path = name, to] = name.split(' -> ');
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    if (to !== undefined) await symlink(to, target);
    else await writeFile(target, content);
    if (path.endsWith('.sh') || content.startsWith('#!')) await chmod(target, 0o755);
  }
}
