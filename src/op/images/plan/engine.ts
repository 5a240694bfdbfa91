import type { Attestation } from '../buildkit/build-options.js';
import type { BuildKit } from '../buildkit/connection.js';
import type { BuilderHost } from '../buildpacks/sandbox/builder-host.js';
import { type Mirror, mirrored, namesSameImage } from '../image-mirrors/mirror.js';
import type { Artifact } from '../skaffold/artifact.js';
import type { BuildRequest } from './options.js';

/** An engine that can be asked for. */
type WantedEngine = BuildRequest['engine'];

/**
 * What builds an image. `lifecycle` and `pack` both build with Cloud Native Buildpacks; `custom` is the build command of the artifact,
 * run by op.
 */
export type Engine = Exclude<WantedEngine, 'auto'> | 'custom';

/** What can build images here. */
export interface Builders {
  /** Whether a Docker daemon answers. */
  readonly daemon: boolean;
  /** Whether Skaffold is installed. */
  readonly skaffold: boolean;
  readonly buildkit: BuildKit | undefined;
  /** Where the phases of buildpacks can run. */
  readonly place: BuilderHost | { readonly why: string };
  readonly mirrors: readonly Mirror[];
  /** The attestations that BuildKit adds to images. */
  readonly attest: readonly Attestation[];
  /** Platforms from the command line; none for those of the artifact. */
  readonly platforms: readonly string[];
  /** The platform of this machine, such as `linux/amd64`. */
  readonly machine: string;
}

/** The engine for one image and why, for a person; without an engine, why it cannot be built, and what to do. */
export type EngineChoice =
  | { readonly engine: Engine; readonly why: string }
  | { readonly engine: undefined; readonly why: string; readonly hint: string };

/** Chooses the engine of one image. A wanted engine builds every image that it can build; the other images are not affected. */
export function chooseEngine(artifact: Artifact, wanted: WantedEngine, builders: Builders): EngineChoice {
  const choice = choose(artifact, wanted, builders);
  if (choice.engine === undefined || wanted === 'auto' || choice.engine === wanted) return choice;
  return { ...choice, why: `${choice.why}; --engine=${wanted} does not apply` };
}

function choose(artifact: Artifact, wanted: WantedEngine, builders: Builders): EngineChoice {
  if (artifact.elsewhere !== undefined) {
    return { engine: 'skaffold', why: `build.${artifact.elsewhere} builds it` };
  }
  const { docker, buildpacks, onlySkaffold } = artifact;
  if ((docker ?? buildpacks) !== undefined && onlySkaffold.length > 0) return bySkaffoldOnly(onlySkaffold, builders);
  if (docker !== undefined) return forDockerfile(wanted, builders);
  if (buildpacks !== undefined) return forBuildpacks(artifact, wanted, builders);
  if (artifact.buildCommand !== undefined && !builders.skaffold && wanted !== 'skaffold') {
    return { engine: 'custom', why: 'Skaffold is not installed, and op runs its build command as Skaffold does' };
  }
  return { engine: 'skaffold', why: `its builder ${artifact.builder} needs no Docker daemon` };
}

/** Settings that other engines would silently ignore. */
function bySkaffoldOnly(settings: readonly string[], { daemon }: Builders): EngineChoice {
  const only = `${settings.join(' and ')} ${settings.length > 1 ? 'work' : 'works'} only with Skaffold`;
  if (daemon) return { engine: 'skaffold', why: `${only}, and a Docker daemon answers` };
  return {
    engine: undefined,
    why: `${only}, which needs a Docker daemon here, and none answers`,
    hint: `remove ${settings.join(' and ')} from the artifact, or run op where a Docker daemon answers`,
  };
}

function forDockerfile(wanted: WantedEngine, { daemon, buildkit }: Builders): EngineChoice {
  const asked = wanted === 'buildkit' || wanted === 'skaffold';
  if (wanted === 'skaffold') return daemon ? { engine: 'skaffold', why: '--engine' } : noDaemon('a Dockerfile');
  if (buildkit !== undefined && (asked || !daemon || buildkit.origin !== 'the usual socket')) {
    return { engine: 'buildkit', why: asked ? '--engine' : `${buildkit.origin} names ${buildkit.address}` };
  }
  if (!asked && daemon) return { engine: 'skaffold', why: 'a Docker daemon answers' };
  return {
    engine: undefined,
    why: asked
      ? 'no BuildKit is configured, and none answers at the usual socket'
      : 'a Dockerfile needs BuildKit or a Docker daemon, and neither answers',
    hint: 'name a BuildKit with --buildkit-host tcp://HOST:1234 (in a Task: the parameter buildkit-host), or set DOCKER_HOST',
  };
}

function forBuildpacks(artifact: Artifact, wanted: WantedEngine, builders: Builders): EngineChoice {
  const { buildpacks, platforms } = artifact;
  const { daemon, place, mirrors, machine } = builders;
  if (wanted === 'skaffold') return daemon ? { engine: 'skaffold', why: '--engine' } : noDaemon('buildpacks');
  const others = (builders.platforms.length > 0 ? builders.platforms : platforms).filter(
    (platform) => platform !== machine,
  );
  if (others.length > 0) {
    return {
      engine: undefined,
      why: `buildpacks build for the platform that they run on, ${machine}, not for ${others.join(', ')}`,
      hint: `remove --platform, or run op on ${others.join(', ')}`,
    };
  }
  if ('why' in place) {
    if (daemon && (wanted === 'auto' || wanted === 'buildkit')) {
      return { engine: 'skaffold', why: `a Docker daemon answers; ${place.why}` };
    }
    return {
      engine: undefined,
      why: place.why,
      hint: 'install what is missing (op doctor says how), or install pack and run a Docker daemon; in a Task, set the parameter builder',
    };
  }
  if (wanted === 'pack' && place.kind !== 'pack') {
    return {
      engine: undefined,
      why: `${daemon ? 'pack is not installed' : 'no Docker daemon answers'}: the engine pack needs both`,
      hint: 'remove --engine=pack',
    };
  }
  const builder = buildpacks?.builder ?? '';
  if (place.kind === 'container' && builder !== '' && !namesSameImage(place.builder, builder, mirrors)) {
    return {
      engine: undefined,
      why: `it is built with ${builder}, and the builder of this pod is ${place.builder}`,
      hint: `start the run with the parameter builder=${mirrored(builder, mirrors)}`,
    };
  }
  if (place.kind === 'pack') return { engine: 'pack', why: 'pack is installed, and a Docker daemon answers' };
  const where = place.kind === 'container' ? `in the container of ${place.builder}` : 'in namespaces of this machine';
  return { engine: 'lifecycle', why: wanted === 'lifecycle' ? '--engine' : where };
}

const noDaemon = (what: string): EngineChoice => ({
  engine: undefined,
  why: `Skaffold builds ${what} with a Docker daemon, and none answers`,
  hint: 'remove --engine, or run op where a Docker daemon answers',
});
