import * as v from 'valibot';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { imageConfig } from '../../systems/image-files/unpack-image.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import { formatReference, parseReference, type Reference } from '../../systems/registry/reference.js';

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

/** A label that holds JSON; undefined when it does not fit the schema. An image without it has an empty one. */
async function readLabel<Schema extends v.GenericSchema>(
  context: Context,
  access: RegistryAccess,
  image: Reference,
  { name, schema }: { readonly name: string; readonly schema: Schema },
): Promise<v.InferOutput<Schema> | undefined> {
  const described = parseJson(configShape, await imageConfig(context, access, image));
  return described && parseJson(schema, described.config.Labels[name] ?? '{}');
}

/** The images that pack uses by default for a builder; undefined if only the daemon has the builder, or it is not one: then pack reports it. */
export async function defaultImages(context: Context, access: RegistryAccess, builder: string) {
  const reference = parseReference(builder);
  if ('problem' in reference) return undefined;
  const label = { name: 'io.buildpacks.builder.metadata', schema: builderShape };
  const metadata = await readLabel(context, access, reference, label).catch(() => undefined);
  if (metadata === undefined) return undefined;
  const { images, stack, lifecycle } = metadata;
  const version = lifecycle?.version;
  return {
    runImage: images?.[0]?.image ?? stack?.runImage?.image,
    lifecycle: version && `docker.io/buildpacksio/lifecycle:${version}`,
  };
}

/**
 * The processes and buildpacks of an image, from its label. Source: buildpacks/spec, platform.md, io.buildpacks.build.metadata.
 * @throws OpError (tool) when the image cannot be read, or its label is invalid
 */
export async function readBuildMetadata(context: Context, access: RegistryAccess, { tag: _, ...image }: Reference) {
  const label = { name: 'io.buildpacks.build.metadata', schema: metadataShape };
  const metadata = await readLabel(context, access, image, label);
  if (metadata === undefined) {
    const name = formatReference(image);
    throw toolError({
      what: `cannot read the build metadata of ${name}`,
      why: `its configuration or its label ${label.name} is not valid JSON of the expected form`,
      hint: `look at it with: crane config ${name}`,
    });
  }
  return {
    processes: metadata.processes.map(({ type }) => type),
    buildpacks: metadata.buildpacks.map(({ id, version }) => `${id}@${version}`),
  };
}
