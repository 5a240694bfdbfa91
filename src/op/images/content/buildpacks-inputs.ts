import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import { imageConfig } from '../../systems/image-files/unpack-image.js';
import { parseReference } from '../../systems/registry/reference.js';
import { realPathWithin } from '../buildpacks/files/within-root.js';
import { chooseRunImage } from '../buildpacks/run-image.js';
import { type BuildContext, requiredImages } from '../engines/build-context.js';
import { buildpacksEnv } from '../engines/buildpacks.js';
import { mirrored } from '../image-mirrors/mirror.js';
import type { BuildableImage } from '../plan/plan.js';
import { type ContentInputs, readOptional } from './docker-inputs.js';

/**
 * What goes into an image that buildpacks build; undefined when that is unknown: buildpacks that are not part of the builder, or
 * a builder that does not name its run image.
 */
export async function buildpacksInputs(
  build: BuildContext,
  planned: BuildableImage,
): Promise<ContentInputs | undefined> {
  const { artifact } = planned;
  const { builder = '', runImage, buildpacks = [], projectDescriptor = '' } = artifact.buildpacks ?? {};
  const descriptor = await realPathWithin({
    path: resolve(artifact.context, projectDescriptor),
    what: `the project descriptor of ${artifact.image}`,
    root: build.prepared.root,
  });
  const text = descriptor === undefined ? '' : await readOptional(descriptor);
  if (/^\s*(?:builder|uri)\s*=|\buri\s*=/mu.test(text)) return undefined;
  for (const buildpack of buildpacks) {
    const place = await stat(resolve(artifact.context, buildpack)).catch(() => undefined);
    if (place !== undefined || !/^[\w.-]+(?:\/[\w.-]+)*(?:@[\w.-]+)?$/u.test(buildpack)) return undefined;
  }
  const required = requiredImages(planned, build.outcomes);
  const run = runImage ?? (required.has(builder) ? undefined : await runImageOf(build, planned, builder));
  if (run === undefined) return undefined;
  return {
    values: await buildpacksEnv(build, planned),
    bases: [builder, run].filter((image) => !required.has(image)),
    texts: [text, ...(await aboutContainer(build))],
    withGit: true,
  };
}

const shape = v.looseObject({
  config: v.looseObject({ Labels: v.looseObject({ 'io.buildpacks.builder.metadata': v.string() }) }),
});
const image = v.looseObject({ image: v.string(), mirrors: v.nullish(v.array(v.string())) });
const metadata = v.looseObject({
  images: v.nullish(v.array(image)),
  stack: v.nullish(v.looseObject({ runImage: v.nullish(image) })),
});

/** The run image that a builder names. Source: pack's label of builders, io.buildpacks.builder.metadata. */
async function runImageOf(
  { prepared, context }: BuildContext,
  { target }: BuildableImage,
  builder: string,
): Promise<string | undefined> {
  const { mirrors } = prepared.builders;
  const reference = parseReference(mirrored(builder, mirrors));
  if ('problem' in reference) return undefined;
  const described = parseJson(shape, await imageConfig(context, prepared.access, reference));
  const label = described && parseJson(metadata, described.config.Labels['io.buildpacks.builder.metadata']);
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
