import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { watchOutput } from '../../kit/log/output.js';
import { buildWithBuildpacks } from '../buildpacks/build.js';
import { type BuilderHost, findBuilderHost, releaseBuilderHost } from '../buildpacks/sandbox/builder-host.js';
import { cacheImage } from '../engines/build-cache.js';
import { dockerDaemonAnswers } from '../plan/find-builders.js';
import { buildAndReport, type PreparedImage, type PushedImage, prepareImage } from './one-image.js';
import type { BuildpacksRequest } from './options.js';

/**
 * Builds one image with buildpacks and pushes it, without skaffold.yaml.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function buildImageWithBuildpacks(outer: Context, request: BuildpacksRequest): Promise<void> {
  try {
    await using prepared = await prepareImage(outer, request);
    const { context } = prepared;
    const env = parseEnv(request.env);
    const daemon = await dockerDaemonAnswers(context.env);
    const place = await findBuilderHost(context, {
      container: request.builderContainer,
      builder: request.builder,
      daemon,
    });
    if ('why' in place) throw noPlace(request.image, place.why);
    await buildAndReport(prepared, request, () => build(prepared, request, place, env));
  } finally {
    await releaseBuilderHost(request.builderContainer);
  }
}

async function build(
  { context, access, mirrors, target, root }: PreparedImage,
  request: BuildpacksRequest,
  place: BuilderHost,
  env: Readonly<Record<string, string>>,
): Promise<PushedImage> {
  const { log } = context;
  using output = watchOutput(context, `building ${request.image}`);
  const of = request.builder === undefined ? 'the builder of project.toml' : request.builder;
  log.step(`building ${request.image} from ${request.context} with ${of}, ${where(place)}`);
  const built = await buildWithBuildpacks(
    context,
    access,
    place,
    {
      image: request.image,
      context: resolve(root, request.context),
      root,
      builder: request.builder ?? '',
      runImage: request.runImage,
      env,
      buildpacks: request.buildpack,
      projectDescriptor: request.descriptor ?? '',
      clearCache: request.clearCache,
      cacheImage: cacheImage(request, target),
      defaultProcess: request.defaultProcess,
      mirrors,
      sbomDirectory: request.sbomOutput && resolve(root, request.sbomOutput),
      target,
    },
    (line) => output.line(`  ${line}`),
  );
  const { digest, layers, reused, processes } = built;
  log.detail(`  processes: ${processes.join(', ') || 'none'}`);
  return {
    digest,
    engine: place.kind === 'pack' ? 'pack' : 'lifecycle',
    detail: `${reused} of ${countOf(layers, 'layer')} reused`,
  };
}

const where = (place: BuilderHost) =>
  ({ container: 'in its container', namespaces: 'in namespaces of this machine', pack: 'with pack' })[place.kind];

function parseEnv(values: readonly string[]): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const pair of values.flatMap((value) => value.split('\n')).filter((line) => line.trim() !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw notAPair(pair);
    env[pair.slice(0, equals).trim()] = pair.slice(equals + 1);
  }
  return env;
}

const notAPair = (pair: string) =>
  usageError({
    what: `--env=${pair} is not a variable`,
    why: 'it must be NAME=VALUE',
    hint: 'write a name, "=" and a value; for several variables, repeat --env or write one per line',
  });

const noPlace = (image: string, why: string) =>
  inputError({
    what: `cannot build ${image} here`,
    why,
    hint: 'install what is missing, or install pack and run a Docker daemon; in a Task, set the parameter builder to a builder image',
  });
