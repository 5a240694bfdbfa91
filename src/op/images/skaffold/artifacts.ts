import { resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { failureOf, run } from '../../kit/process/run.js';
import { type Artifact, artifactShape, toArtifact } from './artifact.js';
import { type PlainConfig, readPlain } from './plain.js';
import { malformed } from './profiles.js';
import { type Project, profileFlags, skaffoldCommand } from './project.js';
import { profilesForDiagnose } from './same-profiles.js';

/** The images that skaffold.yaml describes. */
export interface Artifacts {
  readonly artifacts: readonly Artifact[];
  /** Whether Skaffold builds one artifact after the other; only then do its lines tell how long each took. */
  readonly oneByOne: boolean;
  /** skaffold.yaml and its modules as Skaffold reads them, with profiles and defaults applied; one object per configuration. */
  readonly configs: readonly ConfigShape[];
}

const configShape = v.looseObject({
  build: v.optional(
    v.looseObject({
      artifacts: v.optional(v.array(artifactShape), []),
      tagPolicy: v.optional(v.unknown()),
      local: v.optional(v.nullable(v.looseObject({ concurrency: v.optional(v.number()) }))),
      platforms: v.nullish(v.array(v.string())),
      cluster: v.optional(v.unknown()),
      googleCloudBuild: v.optional(v.unknown()),
    }),
    { artifacts: [] },
  ),
});
export type ConfigShape = v.InferOutput<typeof configShape>;

/**
 * Reads skaffold.yaml: with Skaffold, unless it is plain.
 * @throws OpError (input) when it is malformed, or describes no image
 */
export async function readArtifacts(context: Context, project: Project): Promise<Artifacts> {
  const plain = await readPlain(context, project);
  return plain === undefined ? readWithSkaffold(context, project) : artifactsOf(project, [configOf(project, plain)]);
}

/** A plain configuration with the defaults of Skaffold that matter here. */
function configOf({ directory }: Project, { build, ...plain }: PlainConfig): ConfigShape {
  const artifacts = build.artifacts.map((one) => ({ ...one, context: resolve(directory, one.context) }));
  const local = { concurrency: 1, ...build.local };
  return v.parse(configShape, { ...plain, build: { tagPolicy: { gitCommit: {} }, ...build, artifacts, local } });
}

/** The same, always with Skaffold. @throws OpError (input) when op cannot tell which profiles `skaffold build` applies, too */
export async function readWithSkaffold(context: Context, project: Project): Promise<Artifacts> {
  const same = await profilesForDiagnose(context, project);
  const { named, propagate } = same instanceof OpError ? { named: project.profiles, propagate: true } : same;
  const flags = [
    '--yaml-only',
    '--interactive=false',
    '--update-check=false',
    ...(propagate ? [] : ['--propagate-profiles=false']),
    ...profileFlags({ profiles: named }),
  ];
  const command = skaffoldCommand(project, ['diagnose'], flags);
  const ended = await run(context, command);
  if (ended.ended === 'failed') throw malformed(project.file, ended.stderr.trim());
  if (ended.ended !== 'ok') {
    throw failureOf(command, ended, { what: `cannot read ${project.file}`, hint: 'run op doctor' });
  }
  // Only now: Skaffold's own errors say more.
  if (same instanceof OpError) throw same;
  return artifactsOf(
    project,
    parseAllDocuments(ended.stdout).map((document) => v.parse(configShape, document.toJS())),
  );
}

function artifactsOf(project: Project, configs: readonly ConfigShape[]): Artifacts {
  const written = configs.flatMap(({ build }) => {
    const elsewhere = build.googleCloudBuild ? 'googleCloudBuild' : build.cluster ? 'cluster' : undefined;
    return build.artifacts.map((shape) => toArtifact(shape, { elsewhere, platforms: build.platforms ?? [] }));
  });
  if (written.length === 0) throw describesNone(project);
  const artifacts = written.map((artifact) => withImplied(artifact, written));
  return { artifacts, configs, oneByOne: configs.every(({ build }) => build.local?.concurrency === 1) };
}

/** A builder or run image that is another artifact is built first, even if `requires` does not list it. */
function withImplied(artifact: Artifact, all: readonly Artifact[]): Artifact {
  const { builder, runImage } = artifact.buildpacks ?? {};
  const implied = all
    .filter(({ image }) => image !== artifact.image && (image === builder || image === runImage))
    .filter(({ image }) => !artifact.requires.some((known) => known.image === image || known.alias === image))
    .map(({ image }) => ({ image, alias: image }));
  return implied.length === 0 ? artifact : { ...artifact, requires: [...artifact.requires, ...implied] };
}

const describesNone = ({ file, profiles }: Project) =>
  inputError({
    what: `${file} describes no image`,
    why: `it has no build.artifacts${profiles.length > 0 ? ` with ${profiles.join(', ')}` : ''}`,
    hint: 'add the images to build.artifacts; skaffold diagnose --yaml-only shows how Skaffold reads the file',
  });

/** The same items, each after those that it is built from, otherwise in the same order. Skaffold has already rejected cycles. */
export function dependenciesFirst<Item extends { readonly imageName: string }>(
  items: readonly Item[],
  artifacts: readonly Pick<Artifact, 'image' | 'requires'>[],
): readonly Item[] {
  const requires = new Map(artifacts.map((artifact) => [artifact.image, artifact.requires]));
  const sorted = new Set<Item>();
  const place = (item: Item, above: readonly Item[]) => {
    if (sorted.has(item) || above.includes(item)) return;
    for (const { image } of requires.get(item.imageName) ?? []) {
      for (const other of items) if (other.imageName === image) place(other, [...above, item]);
    }
    sorted.add(item);
  };
  for (const item of items) place(item, []);
  return [...sorted];
}
