import * as v from 'valibot';

/** The builders of artifacts, by their keys in skaffold.yaml. */
const builders = ['custom', 'ko', 'jib', 'bazel', 'kaniko', 'buildpacks', 'docker'] as const;
export type Builder = (typeof builders)[number];

/** An image of the same build that another one is built from. */
export interface Requirement {
  readonly image: string;
  /** Its name in the other's Dockerfile (a build argument), or in its `builder` and `runImage`. */
  readonly alias: string;
}

/** `docker:` of an artifact. Source: Skaffold's schema, DockerArtifact. */
export interface DockerArtifact {
  readonly dockerfile: string;
  readonly target: string | undefined;
  /** Values are templates until they are evaluated; null means the value of the environment. */
  readonly buildArgs: Readonly<Record<string, string | null>>;
  readonly secrets: readonly {
    readonly id: string;
    readonly src?: string | undefined;
    readonly env?: string | undefined;
  }[];
  readonly ssh: string | undefined;
  readonly network: string | undefined;
  readonly addHosts: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly noCache: boolean;
  readonly pull: boolean;
}

/** `buildpacks:` of an artifact. Source: Skaffold's schema, BuildpackArtifact. */
export interface BuildpacksArtifact {
  readonly builder: string;
  readonly runImage: string | undefined;
  /** `KEY=VALUE`; values are templates until they are evaluated. */
  readonly env: readonly string[];
  readonly buildpacks: readonly string[];
  readonly projectDescriptor: string;
  readonly clearCache: boolean;
}

/** One image that skaffold.yaml describes, with profiles applied. */
export interface Artifact {
  readonly image: string;
  /** Images of this repository that it is built from. */
  readonly requires: readonly Requirement[];
  /** `docker` when skaffold.yaml does not name one. */
  readonly builder: Builder;
  /** Absolute path. */
  readonly context: string;
  readonly docker: DockerArtifact | undefined;
  readonly buildpacks: BuildpacksArtifact | undefined;
  /** `custom.buildCommand`; where Skaffold is missing, skaffold.yaml is plain, and op runs it. */
  readonly buildCommand?: string;
  readonly platforms: readonly string[];
  /** Settings that only Skaffold with a Docker daemon supports, by their keys. */
  readonly onlySkaffold: readonly string[];
  /** Where Skaffold has it built remotely: `googleCloudBuild` or `cluster`. */
  readonly elsewhere: 'googleCloudBuild' | 'cluster' | undefined;
}

const text = v.optional(v.nullish(v.string()));
const texts = v.optional(v.nullish(v.array(v.string())));
const yes = v.optional(v.nullish(v.boolean()));
const list = v.nullish(v.array(v.unknown()));

const docker = v.looseObject({
  dockerfile: v.optional(v.string(), 'Dockerfile'),
  target: text,
  buildArgs: v.nullish(v.record(v.string(), v.nullable(v.string()))),
  secrets: v.nullish(v.array(v.object({ id: v.string(), src: v.optional(v.string()), env: v.optional(v.string()) }))),
  ssh: text,
  network: text,
  addHost: texts,
  cacheFrom: texts,
  noCache: yes,
  pullParent: yes,
  squash: yes,
  cliFlags: texts,
});

const buildpacks = v.looseObject({
  builder: v.optional(v.string(), ''),
  runImage: text,
  env: texts,
  buildpacks: texts,
  projectDescriptor: v.optional(v.string(), 'project.toml'),
  clearCache: yes,
  volumes: list,
});

/** One artifact as `skaffold diagnose --yaml-only` prints it. */
export const artifactShape = v.looseObject({
  image: v.string(),
  context: v.optional(v.string(), '.'),
  requires: v.nullish(v.array(v.looseObject({ image: v.string(), alias: v.optional(v.string()) }))),
  platforms: texts,
  hooks: v.nullish(v.looseObject({ before: list, after: list })),
  docker: v.nullish(docker),
  buildpacks: v.nullish(buildpacks),
  custom: v.nullish(v.looseObject({ buildCommand: v.optional(v.string(), '') })),
});
type Shape = v.InferOutput<typeof artifactShape>;

/** Settings for all artifacts of a configuration. */
export type ForAll = Pick<Artifact, 'elsewhere' | 'platforms'>;

export function toArtifact(shape: Shape, { elsewhere, platforms }: ForAll): Artifact {
  const builder = builders.find((builder) => shape[builder] !== undefined) ?? 'docker';
  return {
    image: shape.image,
    requires: (shape.requires ?? []).map(({ image, alias = image }) => ({ image, alias })),
    builder,
    context: shape.context,
    docker: builder === 'docker' ? toDocker(shape.docker ?? v.parse(docker, {})) : undefined,
    buildpacks: shape.buildpacks ? toBuildpacks(shape.buildpacks) : undefined,
    ...(shape.custom?.buildCommand ? { buildCommand: shape.custom.buildCommand } : {}),
    platforms: shape.platforms?.length ? shape.platforms : platforms,
    onlySkaffold: onlySkaffold(shape),
    elsewhere,
  };
}

function onlySkaffold({ hooks, docker, buildpacks }: Shape): readonly string[] {
  const given: Readonly<Record<string, boolean>> = {
    'hooks.before': Boolean(hooks?.before?.length),
    'hooks.after': Boolean(hooks?.after?.length),
    'docker.cliFlags': Boolean(docker?.cliFlags?.length),
    'docker.squash': Boolean(docker?.squash),
    'buildpacks.volumes': Boolean(buildpacks?.volumes?.length),
  };
  return Object.keys(given).filter((key) => given[key]);
}

function toDocker(shape: v.InferOutput<typeof docker>): DockerArtifact {
  return {
    dockerfile: shape.dockerfile,
    target: shape.target || undefined,
    buildArgs: shape.buildArgs ?? {},
    secrets: shape.secrets ?? [],
    ssh: shape.ssh || undefined,
    network: shape.network?.toLowerCase() || undefined,
    addHosts: shape.addHost ?? [],
    cacheFrom: shape.cacheFrom ?? [],
    noCache: shape.noCache ?? false,
    pull: shape.pullParent ?? false,
  };
}

const toBuildpacks = (shape: v.InferOutput<typeof buildpacks>): BuildpacksArtifact => ({
  builder: shape.builder,
  runImage: shape.runImage || undefined,
  env: shape.env ?? [],
  buildpacks: shape.buildpacks ?? [],
  projectDescriptor: shape.projectDescriptor,
  clearCache: shape.clearCache ?? false,
});
