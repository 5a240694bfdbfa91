import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import { formatReference, registryOf } from '../../systems/registry/reference.js';
import { copyApplication } from './application.js';
import { keepForNextBuild, previousImageOf, usableCache } from './build-cache.js';
import type { BuildInputs, BuildpacksBuild, BuiltByBuildpacks } from './build-request.js';
import { clearSetgid, refuseNestedLinks, refuseSymbolicLinks } from './files/untrusted-files.js';
import { type OrderFlags, prepareOrder } from './order/order.js';
import { checkDefault, countLayers, keepSboms, readGroup, readProcesses, readReport } from './phase-results.js';
import { type LifecycleBuild, runBuilderPhase, runTrustedPhase } from './phases.js';
import { chooseRunImage } from './run-image.js';
import { type PhaseRunner, phasePaths } from './sandbox/phase-runner.js';
import { commonApi, type PlatformApi, writePlatform } from './specification/platform.js';

/** Runs the phases of the lifecycle in order. @throws OpError (input, tool) */
export async function runLifecycle(
  context: Context,
  access: RegistryAccess,
  runner: PhaseRunner,
  request: BuildpacksBuild,
  { application, env, mirrored }: BuildInputs,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  const { image, target } = request;
  const { builder, layers } = runner;
  const api = commonApi(builder.image, builder.platformApis);
  checkInsecure(request, access, api);
  const launcher = findLauncher(context);
  const ordered = await prepareOrder(context, access, runner, request, application);
  const runImage = await chooseRunImage(context, access, {
    builder,
    explicit: request.runImage,
    target,
    mirrored,
  });
  await writePlatform(image, join(runner.exchange, 'platform'), env);
  await copyApplication(context, application, runner.app);

  const { insecure } = access;
  const build: LifecycleBuild = { context, runner, api, image, target: formatReference(target), insecure, onLine };
  const cacheImage = usableCache(context, access, request.cacheImage);
  const cache = cacheImage === undefined ? [] : [`-cache-image=${formatReference(cacheImage)}`];
  const previous = cacheImage === undefined ? [] : [`-previous-image=${formatReference(previousImageOf(cacheImage))}`];
  const skipLayers = request.clearCache ? ['-skip-layers'] : [];
  const skipLayersInAnalyzer = api.atLeast('0.9') ? skipLayers : [];
  await runTrustedPhase(build, 'analyze', [
    ...cache,
    ...previous,
    ...skipLayersInAnalyzer,
    `-run-image=${runImage}`,
    build.target,
  ]);
  const buildpacks = await detect(build, ordered);
  await runTrustedPhase(build, 'restore', [...cache, ...skipLayers, ...(await runFile(build))]);
  await runBuilderPhase(build, 'build', ordered.buildpacks);

  // The exporter writes there, and the next analyzer unpacks it.
  await refuseNestedLinks(join(layers, 'sbom'));
  const group = process.getgid?.() ?? runner.group;
  await clearSetgid(runner.app, group);
  await clearSetgid(layers, group);
  const processes = await readProcesses(layers);
  checkDefault(image, request.defaultProcess, processes);
  const lines = await runTrustedPhase(build, 'export', [
    ...cache,
    ...(await runMetadata(build)),
    ...(request.defaultProcess === undefined ? [] : [`-process-type=${request.defaultProcess}`]),
    ...(api.atLeast('0.11') ? [`-launcher-sbom=${runner.private}`] : []),
    // op runs no image extensions, so what looks like theirs in the layers is not.
    ...(api.atLeast('0.12') ? [`-extended=${join(runner.private, 'extended')}`] : []),
    `-app=${phasePaths.app}`,
    `-launcher=${launcher}`,
    `-report=${reportOf(runner)}`,
    '-parallel',
    build.target,
  ]);
  // By now nothing that a buildpack started should be running; if something is, this may reveal it.
  await refuseSymbolicLinks(layers);
  const digest = await readReport(reportOf(runner));
  if (request.sbomDirectory !== undefined) await keepSboms(layers, image, request.sbomDirectory);
  if (cacheImage !== undefined)
    await keepForNextBuild(context, access, { ...target, digest }, previousImageOf(cacheImage));
  return { digest, ...countLayers(lines), processes, buildpacks };
}

async function detect(build: LifecycleBuild, { order, buildpacks }: OrderFlags): Promise<readonly string[]> {
  await runBuilderPhase(build, 'detect', [...order, ...buildpacks]);
  // The restorer unpacks layers of the build cache over what is there, and would follow links.
  await refuseNestedLinks(build.runner.layers);
  return readGroup(build.runner.layers, build.runner.builder.image);
}

const reportOf = (runner: PhaseRunner) => join(runner.private, 'report.toml');

/** With an empty run.toml, the restorer uses the run image that the analyzer found, and does not look for it again without mirrors. */
async function runFile({ api, runner }: LifecycleBuild): Promise<readonly string[]> {
  if (!api.atLeast('0.14')) return [];
  const path = join(runner.private, 'no-run.toml');
  await writeFile(path, '');
  return [`-run=${path}`];
}

/** The builder's list of run images becomes part of the image, for a later rebase. */
async function runMetadata({ api, runner }: LifecycleBuild): Promise<readonly string[]> {
  const [flag, text] = api.atLeast('0.12')
    ? (['run', runner.builder.runToml] as const)
    : (['stack', runner.builder.stackToml] as const);
  const path = join(runner.private, `${flag}.toml`);
  if (text !== undefined) await writeFile(path, text);
  return [`-${flag}=${path}`];
}

function findLauncher({ env }: Context): string {
  const path = findProgram('cnb-launcher', env.PATH);
  if (path !== undefined) return path;
  throw toolError({
    what: 'cannot build with buildpacks here',
    why: 'cnb-launcher, which becomes part of every image, is not on PATH',
    hint: 'run op doctor: it shows how to install cnb-launcher',
  });
}

function checkInsecure({ image, target }: BuildpacksBuild, { insecure }: RegistryAccess, api: PlatformApi): void {
  const registry = registryOf(target);
  if (api.atLeast('0.13') || !insecure.includes(registry) || isPlainHttp(registry, [])) return;
  throw inputError({
    what: `cannot push ${image} to ${registry} without TLS`,
    why: `this needs Platform API 0.13, but the lifecycle of this builder supports ${api.version}`,
    hint: 'use a newer builder, or a registry with TLS',
  });
}
