import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../context.js';
import { inputError } from '../errors/op-error.js';
import { failureOf, run } from '../process/run.js';
import { malformed } from './profiles.js';
import { type Project, profileFlags, skaffold } from './project.js';

const builders = ['custom', 'ko', 'jib', 'bazel', 'kaniko', 'buildpacks', 'docker'] as const;
type Builder = (typeof builders)[number];

/** One image that skaffold.yaml describes, with profiles applied. */
export interface Artifact {
  readonly image: string;
  /** Images of this repository that it is built from. */
  readonly requires: readonly string[];
  /** What builds it; `docker` when skaffold.yaml does not say. */
  readonly builder: Builder;
  /** Whether it is built by a Docker daemon, and by nothing else. */
  readonly needsDaemon: boolean;
}

/** What skaffold.yaml says about a build. */
export interface Artifacts {
  readonly artifacts: readonly Artifact[];
  /** Whether artifacts are built one after the other; only then do Skaffold's lines tell how long each took. */
  readonly oneByOne: boolean;
}

const config = v.looseObject({
  build: v.optional(
    v.looseObject({
      artifacts: v.optional(
        v.array(
          v.looseObject({
            image: v.string(),
            requires: v.optional(v.array(v.looseObject({ image: v.string() })), []),
          }),
        ),
        [],
      ),
      local: v.optional(v.nullable(v.looseObject({ concurrency: v.optional(v.number()) }))),
      cluster: v.optional(v.unknown()),
      googleCloudBuild: v.optional(v.unknown()),
    }),
    { artifacts: [] },
  ),
});

/**
 * Asks Skaffold what it makes of skaffold.yaml.
 * @throws OpError (input) when it is malformed, or describes no image
 */
export async function readArtifacts(context: Context, project: Project): Promise<Artifacts> {
  const flags = ['--yaml-only', '--interactive=false', '--update-check=false', ...profileFlags(project)];
  const command = skaffold(project, ['diagnose'], flags);
  const ended = await run(context, command);
  if (ended.ended === 'failed') throw malformed(project.file, ended.stderr.trim());
  if (ended.ended !== 'ok') {
    throw failureOf(command, ended, { what: `cannot read ${project.file}`, todo: 'run op doctor' });
  }
  const builds = parseAllDocuments(ended.stdout).map((document) => v.parse(config, document.toJS()).build);
  const artifacts = builds.flatMap(({ artifacts, cluster, googleCloudBuild }) =>
    artifacts.map((artifact) => ({
      image: artifact.image,
      requires: artifact.requires.map(({ image }) => image),
      builder: builders.find((builder) => artifact[builder] !== undefined) ?? 'docker',
      needsDaemon:
        !cluster && !googleCloudBuild && (artifact.docker !== undefined || artifact.buildpacks !== undefined),
    })),
  );
  if (artifacts.length === 0) throw describesNone(project);
  return { artifacts, oneByOne: builds.every(({ local }) => local?.concurrency === 1) };
}

const describesNone = ({ file, profiles }: Project) =>
  inputError({
    what: `${file} describes no image`,
    why: `it has no build.artifacts${profiles.length > 0 ? ` with ${profiles.join(', ')}` : ''}`,
    todo: 'add the images to build.artifacts; skaffold diagnose --yaml-only shows what Skaffold makes of it',
  });

/** The same items, each after those that it is built from, else in their order. Skaffold has refused cycles before. */
export function dependenciesFirst<Item extends { readonly imageName: string }>(
  items: readonly Item[],
  artifacts: readonly Artifact[],
): readonly Item[] {
  const requires = new Map(artifacts.map((artifact) => [artifact.image, artifact.requires]));
  const sorted = new Set<Item>();
  const place = (item: Item, above: readonly Item[]) => {
    if (sorted.has(item) || above.includes(item)) return;
    for (const needed of requires.get(item.imageName) ?? []) {
      for (const other of items) if (other.imageName === needed) place(other, [...above, item]);
    }
    sorted.add(item);
  };
  for (const item of items) place(item, []);
  return [...sorted];
}
