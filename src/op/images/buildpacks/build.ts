import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { Access } from '../../systems/registry/crane.js';
import type { Reference } from '../../systems/registry/reference.js';
import { type Mirror, mirrored, namesSameImage } from '../image-mirrors/mirror.js';
import { type Application, readApplication } from './application.js';
import { inContainer } from './in-container.js';
import { runLifecycle } from './lifecycle.js';
import { inNamespaces } from './namespaces.js';
import { buildWithPack } from './pack.js';
import type { Place } from './place.js';
import type { Workshop } from './workshop.js';

/** An image that is built from source with Cloud Native Buildpacks. */
export interface BuildpacksBuild {
  /** Name for messages. */
  readonly image: string;
  /** Absolute path of the source. */
  readonly context: string;
  /** Directory that the context must not leave, also not through a symbolic link: the repository's root. */
  readonly root: string;
  /** As skaffold.yaml has it, before mirrors; empty when project.toml names it. */
  readonly builder: string;
  readonly runImage: string | undefined;
  /** Evaluated. project.toml's win over these, as in Skaffold. */
  readonly env: Readonly<Record<string, string>>;
  /** In place of those of project.toml, if there are any. */
  readonly buildpacks: readonly string[];
  /** Path from the context. @default project.toml, if there is one */
  readonly projectDescriptor: string;
  /** Builds as if nothing had been built before. */
  readonly clearCache: boolean;
  /** Image that keeps what later builds can use. */
  readonly cacheImage: Reference | undefined;
  readonly defaultProcess: string | undefined;
  readonly mirrors: readonly Mirror[];
  /** Images that this build made itself: never taken from a mirror. */
  readonly own?: readonly string[];
  /** Directory that gets the bills of materials: IMAGE/{build,launch}/… */
  readonly sbomDirectory: string | undefined;
  /** Pushed here; it has a tag. */
  readonly target: Reference;
}

/** What was pushed. */
export interface BuiltByBuildpacks {
  readonly digest: string;
  /** Layers over the run image, and how many of them the registry had already. */
  readonly layers: number;
  readonly reused: number;
  /** Types of processes. */
  readonly processes: readonly string[];
  /** ID@VERSION of those that took part. */
  readonly buildpacks: readonly string[];
}

/**
 * Builds an image and pushes it. Only phases of op's own lifecycle see credentials; the code of buildpacks and of the application runs
 * in the builder without them. The same files give the same digest in every place but pack.
 * @throws OpError (input, tool)
 */
export async function buildWithBuildpacks(
  context: Context,
  access: Access,
  place: Place,
  build: BuildpacksBuild,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  const application = await readApplication(context, build);
  const { descriptor } = application;
  const named = build.builder || descriptor.builder;
  if (named === undefined || named === '') throw noBuilder(build.image);
  const under = (image: string) => (build.own?.includes(image) ? image : mirrored(image, build.mirrors));
  const source: Source = { application, env: { ...build.env, ...descriptor.env }, under };
  if (place.kind === 'pack') {
    const images = { builder: under(named), runImage: build.runImage && under(build.runImage) };
    return buildWithPack(context, access, build, { ...source, ...images }, onLine);
  }
  const act = (workshop: Workshop) => runLifecycle(context, access, workshop, build, source, onLine);
  if (place.kind === 'namespaces') return inNamespaces(context, access, place.cache, under(named), act);
  const mirrors = build.own?.includes(named) ? [] : build.mirrors;
  if (!namesSameImage(place.builder, named, mirrors)) {
    throw otherBuilder(build.image, named, under(named), place.builder);
  }
  return inContainer(context, access, place, act);
}

/** What skaffold.yaml and project.toml say together. */
export interface Source {
  readonly application: Application;
  readonly env: Readonly<Record<string, string>>;
  /** The image under its mirror. */
  readonly under: (image: string) => string;
}

const noBuilder = (image: string) =>
  inputError({
    what: `no builder for ${image}`,
    why: 'neither skaffold.yaml nor project.toml names one',
    hint: 'name a builder image: buildpacks.builder in skaffold.yaml, or --builder',
  });

const otherBuilder = (image: string, wanted: string, under: string, container: string) =>
  inputError({
    what: `cannot build ${image} in this pod`,
    why: `it is built with ${wanted}, and the builder of this pod is ${container}`,
    hint: `start the run with the param builder=${under}`,
  });
