import * as v from 'valibot';
import type { Context } from '../../context.js';
import type { Access } from '../../systems/registry/crane.js';
import { parseReference, type Reference } from '../../systems/registry/reference.js';
import { imageConfig } from './files/unpack-image.js';

const named = v.looseObject({ image: v.string() });
const configShape = v.looseObject({
  config: v.looseObject({ Labels: v.optional(v.record(v.string(), v.string()), {}) }),
});
/** Source: pack v0.37.0, internal/builder/metadata.go. */
const builderShape = v.looseObject({
  images: v.nullish(v.array(named)),
  stack: v.optional(v.looseObject({ runImage: v.optional(named) })),
  lifecycle: v.optional(v.looseObject({ version: v.optional(v.string()) })),
});
const metadataShape = v.looseObject({
  buildpacks: v.optional(v.array(v.looseObject({ id: v.string(), version: v.string() })), []),
  processes: v.optional(v.array(v.looseObject({ type: v.string() })), []),
});

const labelOf = async (context: Context, access: Access, image: Reference, label: string): Promise<unknown> =>
  JSON.parse(v.parse(configShape, JSON.parse(await imageConfig(context, access, image))).config.Labels[label] ?? '{}');

/** The images that pack uses by default for a builder; undefined if only the daemon has the builder, or it is not one: then pack reports it. */
export async function defaultImages(context: Context, access: Access, builder: string) {
  const reference = parseReference(builder);
  if ('problem' in reference) return undefined;
  const read = v.safeParse(
    builderShape,
    await labelOf(context, access, reference, 'io.buildpacks.builder.metadata').catch(() => undefined),
  );
  if (!read.success) return undefined;
  const { images, stack, lifecycle } = read.output;
  const version = lifecycle?.version;
  return {
    runImage: images?.[0]?.image ?? stack?.runImage?.image,
    lifecycle: version && `docker.io/buildpacksio/lifecycle:${version}`,
  };
}

/** The processes and buildpacks of an image, from its label. Source: buildpacks/spec, platform.md, io.buildpacks.build.metadata. */
export async function readBuildMetadata(context: Context, access: Access, { tag: _, ...image }: Reference) {
  const metadata = v.parse(metadataShape, await labelOf(context, access, image, 'io.buildpacks.build.metadata'));
  return {
    processes: metadata.processes.map(({ type }) => type),
    buildpacks: metadata.buildpacks.map(({ id, version }) => `${id}@${version}`),
  };
}
