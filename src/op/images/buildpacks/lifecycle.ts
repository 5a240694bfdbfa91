import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import type { Access } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import { formatReference, registryOf } from '../../systems/registry/reference.js';
import { copyApplication } from './application.js';
import type { BuildpacksBuild, BuiltByBuildpacks, Source } from './build.js';
import { imageBefore, remember, usableCache } from './build-cache.js';
import { inside } from './inside.js';
import { checkDefault, countLayers, keepSboms, readGroup, readProcesses, readReport } from './outcome.js';
import { type Build, runConnected, runInBuilder } from './phases.js';
import { commonApi, type PlatformApi } from './platform-api.js';
import { writePlatform } from './platform-env.js';
import { type Ordered, prepareOrder } from './prepare-order.js';
import { chooseRunImage } from './run-image.js';
import { refuseLinks, settle } from './settle.js';
import type { Workshop } from './workshop.js';

/** Runs the phases of the lifecycle one after the other. @throws OpError (input, tool) */
export async function runLifecycle(
  context: Context,
  access: Access,
  workshop: Workshop,
  request: BuildpacksBuild,
  { application, env, under }: Source,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  const { image, target } = request;
  const { builder, layers } = workshop;
  const api = commonApi(builder.image, builder.platformApis);
  checkInsecure(request, access, api);
  const launcher = findLauncher(context);
  const ordered = await prepareOrder(context, access, workshop, request, application);
  const runImage = await chooseRunImage(context, access, {
    builder,
    explicit: request.runImage,
    target,
    mirrored: under,
  });
  await writePlatform(image, join(workshop.exchange, 'platform'), env);
  await copyApplication(context, application, workshop.app);

  const { insecure } = access;
  const build: Build = { context, workshop, api, image, target: formatReference(target), insecure, onLine };
  const cacheImage = usableCache(context, access, request.cacheImage);
  const cache = cacheImage === undefined ? [] : [`-cache-image=${formatReference(cacheImage)}`];
  const previous = cacheImage === undefined ? [] : [`-previous-image=${formatReference(imageBefore(cacheImage))}`];
  const anew = request.clearCache ? ['-skip-layers'] : [];
  const anewToAnalyzer = api.atLeast('0.9') ? anew : [];
  await runConnected(build, 'analyze', [
    ...cache,
    ...previous,
    ...anewToAnalyzer,
    `-run-image=${runImage}`,
    build.target,
  ]);
  const buildpacks = await detect(build, ordered);
  await runConnected(build, 'restore', [...cache, ...anew, ...(await runFile(build))]);
  await runInBuilder(build, 'build', ordered.buildpacks);

  const group = process.getgid?.() ?? workshop.group;
  await settle(workshop.app, group);
  await settle(layers, group);
  const processes = await readProcesses(layers);
  checkDefault(image, request.defaultProcess, processes);
  const lines = await runConnected(build, 'export', [
    ...cache,
    ...(await runMetadata(build)),
    ...(request.defaultProcess === undefined ? [] : [`-process-type=${request.defaultProcess}`]),
    ...(api.atLeast('0.11') ? [`-launcher-sbom=${workshop.private}`] : []),
    `-app=${inside.app}`,
    `-launcher=${launcher}`,
    `-report=${reportOf(workshop)}`,
    '-parallel',
    build.target,
  ]);
  // Nothing that a buildpack started runs any more. If something does, this may be where it shows.
  await refuseLinks(layers);
  const digest = await readReport(reportOf(workshop));
  if (request.sbomDirectory !== undefined) await keepSboms(layers, image, request.sbomDirectory);
  if (cacheImage !== undefined) await remember(context, access, { ...target, digest }, imageBefore(cacheImage));
  return { digest, ...countLayers(lines), processes, buildpacks };
}

async function detect(build: Build, { order, buildpacks }: Ordered): Promise<readonly string[]> {
  await runInBuilder(build, 'detect', [...order, ...buildpacks]);
  return readGroup(build.workshop.layers, build.workshop.builder.image);
}

const reportOf = (workshop: Workshop) => join(workshop.private, 'report.toml');

/** With an empty run.toml, the restorer takes the run image as the analyzer has left it, and does not look for it again without mirrors. */
async function runFile({ api, workshop }: Build): Promise<readonly string[]> {
  if (!api.atLeast('0.14')) return [];
  const path = join(workshop.private, 'no-run.toml');
  await writeFile(path, '');
  return [`-run=${path}`];
}

/** What the builder says of run images goes into the image, for a later rebase. */
async function runMetadata({ api, workshop }: Build): Promise<readonly string[]> {
  const [flag, text] = api.atLeast('0.12')
    ? (['run', workshop.builder.runToml] as const)
    : (['stack', workshop.builder.stackToml] as const);
  const path = join(workshop.private, `${flag}.toml`);
  if (text !== undefined) await writeFile(path, text);
  return [`-${flag}=${path}`];
}

function findLauncher({ env }: Context): string {
  const path = findProgram('cnb-launcher', env.PATH);
  if (path !== undefined) return path;
  throw toolError({
    what: 'cannot build with buildpacks here',
    why: 'the program cnb-launcher is not on PATH: it becomes a part of every image',
    hint: 'run op doctor: it says how to get cnb-launcher',
  });
}

function checkInsecure({ image, target }: BuildpacksBuild, { insecure }: Access, api: PlatformApi): void {
  const registry = registryOf(target);
  if (api.atLeast('0.13') || !insecure.includes(registry) || isPlainHttp(registry, [])) return;
  throw inputError({
    what: `cannot push ${image} to ${registry} without TLS`,
    why: `that takes the Platform API 0.13, and this builder's lifecycle has ${api.version}`,
    hint: 'take a newer builder, or a registry with TLS',
  });
}
