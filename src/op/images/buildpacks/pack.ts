import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { run } from '../../kit/process/run.js';
import type { Access } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import {
  formatReference,
  type NotAReference,
  parseReference,
  type Reference,
  registryOf,
} from '../../systems/registry/reference.js';
import type { BuildpacksBuild, BuiltByBuildpacks, Source } from './build.js';
import { imageBefore, remember, usableCache } from './build-cache.js';
import { explainPack, withoutPhase } from './explain-pack.js';
import { madeOf, usualImages } from './labels.js';
import { countLayers, keepSboms, readReport } from './outcome.js';

/** What pack needs to know besides the request. */
interface PackBuild extends Pick<Source, 'application' | 'env'> {
  readonly builder: string;
  readonly runImage: string | undefined;
  /** The image of the lifecycle that sees credentials; undefined leaves it to pack, as it leaves the run image. */
  readonly lifecycle: string | undefined;
  /** The image whose layers can be reused; undefined for the one that has the target's tag. */
  readonly previousImage: Reference | undefined;
}

/**
 * The command line of pack. Its flags win over project.toml, so that what counts of both is given as flags.
 * @param output a directory that exists: it gets report.toml, and sbom/ when that is wanted
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
    // A container of its own network reaches no registry that listens on this machine's loopback only.
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
    // pack fails, after it has pushed, when nothing of the builder has written one.
    ...given('sbom-output-dir', sbomDirectory && output),
  ];
}

/** Builds with pack, which drives the phases through a Docker daemon and pushes. @throws OpError (input, tool) */
export async function buildWithPack(
  context: Context,
  access: Access,
  build: BuildpacksBuild,
  pack: Source & Pick<PackBuild, 'builder' | 'runImage'>,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  checkInsecure(build, access);
  const usual = build.mirrors.length > 0 ? await usualImages(context, access, pack.builder) : undefined;
  const elsewhere = (image: string | undefined) =>
    image === undefined || pack.under(image) === image ? undefined : pack.under(image);
  const cacheImage = usableCache(context, access, build.cacheImage);
  // pack takes none of another registry.
  const near = cacheImage !== undefined && registryOf(cacheImage) === registryOf(build.target);
  const previousImage = near ? imageBefore(cacheImage) : undefined;
  const images = {
    runImage: pack.runImage ?? elsewhere(usual?.runImage),
    lifecycle: elsewhere(usual?.lifecycle),
    previousImage,
  };
  return withTemporaryDirectory(context, 'pack', async (directory) => {
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
    if (previousImage !== undefined) await remember(context, access, { ...build.target, digest }, previousImage);
    const facts = await madeOf(context, access, { ...build.target, digest });
    return { digest, ...countLayers(lines.map(withoutPhase)), ...facts };
  });
}

/** Docker tells of each layer several times. */
const isPull = (line: string) => /^[0-9a-f]{12}: /u.test(line);

const isOnLoopback = (image: Reference | NotAReference | undefined) =>
  image !== undefined &&
  !('problem' in image) &&
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/u.test(registryOf(image));

function checkInsecure({ image, target }: BuildpacksBuild, { insecure }: Access): void {
  const registry = registryOf(target);
  if (!insecure.includes(registry) || isPlainHttp(registry, [])) return;
  throw inputError({
    what: `cannot push ${image} to ${registry} without TLS`,
    why: 'pack pushes without TLS to this machine and to private addresses only',
    hint: 'build it with --engine=lifecycle, or take a registry with TLS',
  });
}
