import { join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../context.js';
import { withTemporaryDirectory } from '../files/temporary.js';
import { failureOf, run } from '../process/run.js';
import type { Access } from '../registry/crane.js';
import { problemIn, remedyFor } from '../registry/problem.js';
import { formatReference, type Reference, registryOf } from '../registry/reference.js';
import type { BuildpacksBuild, BuiltByBuildpacks, Source } from './build.js';
import { countLayers, keepSboms, readReport } from './outcome.js';
import { imageConfig } from './unpack.js';

/** What pack needs to know besides the request. */
interface PackBuild extends Pick<Source, 'application' | 'env'> {
  readonly builder: string;
  readonly runImage: string | undefined;
}

/**
 * The command line of pack. Its flags win over project.toml, so that what counts of both is given as flags.
 * @param output a directory that exists: it gets report.toml and sbom/
 */
export function packArguments(build: BuildpacksBuild, pack: PackBuild, output: string): readonly string[] {
  const { target, buildpacks, cacheImage, clearCache, defaultProcess } = build;
  const given = (flag: string, value: string | undefined) => (value === undefined ? [] : [`--${flag}=${value}`]);
  return [
    'build',
    formatReference(target),
    '--publish',
    '--no-color',
    `--path=${pack.application.directory}`,
    `--builder=${pack.builder}`,
    ...given('run-image', pack.runImage),
    ...given('descriptor', pack.application.descriptorFile),
    ...Object.entries(pack.env).map(([name, value]) => `--env=${name}=${value}`),
    ...buildpacks.map((buildpack) => `--buildpack=${buildpack}`),
    ...given('cache-image', cacheImage && formatReference(cacheImage)),
    ...(clearCache ? ['--clear-cache'] : []),
    ...given('default-process', defaultProcess),
    `--report-output-dir=${output}`,
    `--sbom-output-dir=${output}`,
  ];
}

/** Builds with pack, which drives the phases through a Docker daemon and pushes. @throws OpError (tool) */
export async function buildWithPack(
  context: Context,
  access: Access,
  build: BuildpacksBuild,
  pack: PackBuild,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  return withTemporaryDirectory(context, 'pack', async (directory) => {
    const lines: string[] = [];
    const command = {
      program: 'pack',
      args: packArguments(build, pack, directory),
      env: access.env,
      onLine: (line: string) => {
        lines.push(line);
        onLine(line);
      },
    };
    const ended = await run(context, command);
    if (ended.ended !== 'ok') {
      const registry = registryOf(build.target);
      const problem = problemIn(ended.stderr);
      const todo = problem === 'other' ? 'correct what pack says' : remedyFor(problem, registry);
      throw failureOf(command, ended, { what: `building ${build.image} with pack failed`, todo });
    }
    const digest = await readReport(join(directory, 'report.toml'));
    if (build.sbomDirectory !== undefined) {
      await keepSboms(directory, build.image, build.sbomDirectory);
    }
    const facts = await factsOf(context, access, { ...build.target, digest });
    return { digest, ...countLayers(lines.map((line) => line.replace(/^.*?\[exporter\] /u, ''))), ...facts };
  });
}

const configShape = v.looseObject({
  config: v.looseObject({ Labels: v.optional(v.record(v.string(), v.string()), {}) }),
});
const metadataShape = v.looseObject({
  buildpacks: v.optional(v.array(v.looseObject({ id: v.string(), version: v.string() })), []),
  processes: v.optional(v.array(v.looseObject({ type: v.string() })), []),
});

/** Of what an image was made, as its label says. Source: buildpacks/spec, platform.md, io.buildpacks.build.metadata. */
async function factsOf(context: Context, access: Access, { tag: _, ...image }: Reference) {
  const { config } = v.parse(configShape, JSON.parse(await imageConfig(context, access, image)));
  const metadata = v.parse(metadataShape, JSON.parse(config.Labels['io.buildpacks.build.metadata'] ?? '{}'));
  return {
    processes: metadata.processes.map(({ type }) => type),
    buildpacks: metadata.buildpacks.map(({ id, version }) => `${id}@${version}`),
  };
}
