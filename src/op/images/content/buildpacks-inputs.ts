import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import { imageConfig } from '../../systems/image-files/unpack-image.js';
import { type NotAReference, parseReference, type Reference } from '../../systems/registry/reference.js';
import { readApplication } from '../buildpacks/application.js';
import { chooseRunImage } from '../buildpacks/run-image.js';
import { type BuildContext, requiredImages } from '../engines/build-context.js';
import { buildpacksEnv } from '../engines/buildpacks.js';
import { mirrored } from '../image-mirrors/mirror.js';
import type { BuildableImage } from '../plan/plan.js';
import { type ContentInputs, readOptional, type UnknownInputs } from './docker-inputs.js';
import { whyBuildpacksUnknown } from './unknown-buildpacks.js';

/** What goes into an image that buildpacks build, or why that is unknown. */
export async function buildpacksInputs(
  build: BuildContext,
  planned: BuildableImage,
): Promise<ContentInputs | UnknownInputs> {
  const { context, outcomes, prepared } = build;
  const { artifact } = planned;
  const { builder = '', runImage, buildpacks = [], projectDescriptor = '' } = artifact.buildpacks ?? {};
  const { cwd } = context;
  const { root } = prepared;
  const source = { image: artifact.image, context: artifact.context, root, projectDescriptor };
  // The engine reads it again, and gives the warnings.
  const application = await readApplication({ log: { warn: () => {} } }, source);
  if (builder === '') return { unknown: 'its builder is not named in skaffold.yaml' };
  const required = requiredImages(planned, outcomes);
  const own = required.get(builder)?.reference;
  const ofBuilder = async () => (await readLabel(build, own ?? referenceOf(build, builder)))?.buildpacks ?? [];
  const unknown = await whyBuildpacksUnknown(application, { buildpacks, builder, ofBuilder, cwd, root });
  if (unknown !== undefined) return { unknown };
  const run = runImage ?? (own === undefined ? await runImageOf(build, planned, builder) : undefined);
  if (run === undefined) return { unknown: 'op does not know its run image: its builder does not name one' };
  const { descriptorFile } = application;
  return {
    values: await buildpacksEnv(build, planned),
    bases: [builder, run].filter((image) => !required.has(image)),
    texts: [descriptorFile === undefined ? '' : await readOptional(descriptorFile), ...(await aboutContainer(build))],
    withGit: true,
  };
}

const shape = v.looseObject({
  config: v.looseObject({ Labels: v.looseObject({ 'io.buildpacks.builder.metadata': v.string() }) }),
});
const image = v.looseObject({ image: v.string(), mirrors: v.nullish(v.array(v.string())) });
const metadata = v.looseObject({
  buildpacks: v.nullish(v.array(v.looseObject({ id: v.string(), version: v.string() }))),
  images: v.nullish(v.array(image)),
  stack: v.nullish(v.looseObject({ runImage: v.nullish(image) })),
});

const referenceOf = ({ prepared }: BuildContext, builder: string) =>
  parseReference(mirrored(builder, prepared.builders.mirrors));

/** What a builder says about itself. Source: pack's label of builders, io.buildpacks.builder.metadata. */
async function readLabel({ prepared, context }: BuildContext, builder: Reference | NotAReference) {
  if ('problem' in builder) return undefined;
  const described = parseJson(shape, await imageConfig(context, prepared.access, builder));
  return described && parseJson(metadata, described.config.Labels['io.buildpacks.builder.metadata']);
}

/** The run image that a builder names. */
async function runImageOf(
  build: BuildContext,
  { target }: BuildableImage,
  builder: string,
): Promise<string | undefined> {
  const { prepared, context } = build;
  const { mirrors } = prepared.builders;
  const label = await readLabel(build, referenceOf(build, builder));
  if (label === undefined) return undefined;
  const { images, stack } = label;
  const runImages = [...(images ?? []), ...(stack?.runImage ? [stack.runImage] : [])].map(({ image, mirrors }) => ({
    image,
    mirrors: mirrors ?? [],
  }));
  if (runImages.length === 0) return undefined;
  return chooseRunImage(context, prepared.access, {
    builder: { image: builder, runImages },
    explicit: undefined,
    target: target.reference,
    mirrored: (image) => mirrored(image, mirrors),
  });
}

/** A container may run an older image of the builder than the registry has now, so its own description counts too. */
async function aboutContainer({ prepared }: BuildContext): Promise<readonly string[]> {
  const { place } = prepared.builders;
  if (!('kind' in place) || place.kind !== 'container') return [];
  const about = join(place.directory, 'about');
  const names = (await readdir(about)).toSorted();
  return Promise.all(names.map((name) => readFile(join(about, name), 'utf8')));
}
