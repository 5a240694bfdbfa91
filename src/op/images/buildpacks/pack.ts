import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { run } from '../../kit/process/run.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import {
  formatReference,
  type NotAReference,
  parseReference,
  type Reference,
  registryOf,
} from '../../systems/registry/reference.js';
import { keepForNextBuild, previousImageOf, usableCache } from './build-cache.js';
import type { BuildInputs, BuildpacksBuild, BuiltByBuildpacks } from './build-request.js';
import { explainPack, withoutPhase } from './explain-pack.js';
import { defaultImages, readBuildMetadata } from './image-labels.js';
import { countLayers, keepSboms, readReport } from './phase-results.js';

/** What pack needs in addition to the request. */
interface PackBuild extends Pick<BuildInputs, 'application' | 'env'> {
  readonly builder: string;
  readonly runImage: string | undefined;
  /** The image of the lifecycle that sees credentials; undefined lets pack choose, as for the run image. */
  readonly lifecycle: string | undefined;
  /** The image whose layers can be reused; undefined for the one with the target's tag. */
  readonly previousImage: Reference | undefined;
}

/**
 * The command line of pack. Its flags win over project.toml, so the combination of both is passed as flags.
 * @param output an existing directory for report.toml, and for sbom/ if requested
 */
export function packArguments(build: BuildpacksBuild, pack: PackBuild, output: string): readonly string[] {
  const { target, buildpacks, cacheImage, clearCache, defaultProcess, sbomDirectory } = build;
  const given = (flag: string, value: string | undefined) => (value === undefined ? [] : [`--${flag}=${value}`]);
  const asked = [target, cacheImage, parseReference(pack.runImage ?? '')];
  return [
    'build',
    formatReference(target),
    '--publish',
    '--no-color',
    // A container with its own network cannot reach a registry that listens only on this machine's loopback.
    ...given('network', asked.some(isOnLoopback) ? 'host' : undefined),
    `--path=${pack.application.directory}`,
    `--builder=${pack.builder}`,
    ...given('run-image', pack.runImage),
    ...given('lifecycle-image', pack.lifecycle),
    ...given('descriptor', pack.application.descriptorFile),
    ...Object.entries(pack.env).map(([name, value]) => `--env=${name}=${value}`),
    ...buildpacks.map((buildpack) => `--buildpack=${buildpack}`),
    ...given('cache-image', cacheImage && formatReference(cacheImage)),
    ...given('previous-image', pack.previousImage && formatReference(pack.previousImage)),
    ...(clearCache ? ['--clear-cache'] : []),
    ...given('default-process', defaultProcess),
    `--report-output-dir=${output}`,
    // pack fails, after it has pushed, if no buildpack has written one.
    ...given('sbom-output-dir', sbomDirectory && output),
  ];
}

/** Builds with pack, which drives the phases through a Docker daemon and pushes. @throws OpError (input, tool) */
export async function buildWithPack(
  context: Context,
  access: RegistryAccess,
  build: BuildpacksBuild,
  pack: BuildInputs & Pick<PackBuild, 'builder' | 'runImage'>,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  checkInsecure(build, access);
  const usual = build.mirrors.length > 0 ? await defaultImages(context, access, pack.builder) : undefined;
  const elsewhere = (image: string | undefined) =>
    image === undefined || pack.mirrored(image) === image ? undefined : pack.mirrored(image);
  const cacheImage = usableCache(context, access, build.cacheImage);
  // pack does not accept one in another registry.
  const near = cacheImage !== undefined && registryOf(cacheImage) === registryOf(build.target);
  const previousImage = near ? previousImageOf(cacheImage) : undefined;
  const images = {
    runImage: pack.runImage ?? elsewhere(usual?.runImage),
    lifecycle: elsewhere(usual?.lifecycle),
    previousImage,
  };
  await using temporary = await makePrivateDirectory(context, 'pack');
  const directory = temporary.path;
  const lines: string[] = [];
  const command = {
    program: 'pack',
    args: packArguments({ ...build, cacheImage }, { ...pack, ...images }, directory),
    env: access.env,
    onLine: (line: string) => {
      if (isPull(line)) return;
      lines.push(line);
      onLine(line);
    },
  };
  const ended = await run(context, command);
  if (ended.ended !== 'ok') {
    const target = formatReference(build.target);
    const subject = { image: build.image, target, registry: registryOf(build.target), builder: pack.builder };
    throw explainPack(command, ended, lines, subject);
  }
  const digest = await readReport(join(directory, 'report.toml'));
  if (build.sbomDirectory !== undefined) await keepSboms(directory, build.image, build.sbomDirectory);
  if (previousImage !== undefined) await keepForNextBuild(context, access, { ...build.target, digest }, previousImage);
  const facts = await readBuildMetadata(context, access, { ...build.target, digest });
  return { digest, ...countLayers(lines.map(withoutPhase)), ...facts };
}

/** Docker reports each layer several times. */
const isPull = (line: string) => /^[0-9a-f]{12}: /u.test(line);

const isOnLoopback = (image: Reference | NotAReference | undefined) =>
  image !== undefined &&
  !('problem' in image) &&
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/u.test(registryOf(image));

function checkInsecure({ image, target }: BuildpacksBuild, { insecure }: RegistryAccess): void {
  const registry = registryOf(target);
  if (!insecure.includes(registry) || isPlainHttp(registry, [])) return;
  throw inputError({
    what: `cannot push ${image} to ${registry} without TLS`,
    why: 'pack can push without TLS only to this machine and to private addresses',
    hint: 'build with --engine=lifecycle, or use a registry with TLS',
  });
}
