import * as v from 'valibot';
import { inputError } from '../../../kit/errors/op-error.js';
import { readOwnToml } from './toml.js';

/** A buildpack of a builder. */
export interface ModuleRef {
  readonly id: string;
  readonly version: string;
}

/** One alternative of an order: buildpacks that are detected together. */
export type Group = readonly (ModuleRef & { readonly optional?: boolean | undefined })[];

/** A run image, and its mirrors. */
export interface RunImage {
  readonly image: string;
  readonly mirrors: readonly string[];
}

/** What op needs to know about a builder image. Source: buildpacks/spec, platform.md. */
export interface Builder {
  /** Its name in the artifact, after mirrors. */
  readonly image: string;
  readonly platformApis: readonly string[];
  readonly order: readonly Group[];
  readonly buildpacks: readonly ModuleRef[];
  readonly runImages: readonly RunImage[];
  /** The text of its run.toml and stack.toml: the exporter copies their contents into the image. */
  readonly runToml: string | undefined;
  readonly stackToml: string | undefined;
}

/** Access to the files of a builder image. */
export interface BuilderFiles {
  /** Reads a file of /cnb, or lifecycle.toml; undefined if it does not exist. */
  readonly read: (name: string) => Promise<string | undefined>;
  /** Directories in /cnb/buildpacks: `ID/VERSION`, with `_` for the slashes of the ID. */
  readonly buildpacks: readonly string[];
}

const moduleRef = v.object({ id: v.string(), version: v.optional(v.string(), ''), optional: v.optional(v.boolean()) });
const orderShape = v.looseObject({
  order: v.optional(v.array(v.looseObject({ group: v.optional(v.array(moduleRef), []) })), []),
});
const imageShape = v.looseObject({ image: v.string(), mirrors: v.optional(v.array(v.string()), []) });
const runShape = v.looseObject({ images: v.optional(v.array(imageShape), []) });
const stackShape = v.looseObject({ 'run-image': v.optional(imageShape) });
const versions = v.optional(v.array(v.string()), []);
const lifecycleShape = v.looseObject({
  apis: v.looseObject({ platform: v.looseObject({ supported: versions, deprecated: versions }) }),
});

/**
 * Reads the metadata of a builder image.
 * @throws OpError (input) if it is not a builder
 */
export async function readBuilder(image: string, files: BuilderFiles): Promise<Builder> {
  const lifecycle = await files.read('lifecycle.toml');
  const order = await files.read('order.toml');
  if (lifecycle === undefined || order === undefined) throw notABuilder(image, lifecycle === undefined);
  const { platform } = readOwnToml(`/cnb/lifecycle/lifecycle.toml of ${image}`, lifecycle, lifecycleShape).apis;
  const [runToml, stackToml] = [await files.read('run.toml'), await files.read('stack.toml')];
  const { images } =
    runToml === undefined ? { images: [] } : readOwnToml(`/cnb/run.toml of ${image}`, runToml, runShape);
  const stack = stackToml === undefined ? {} : readOwnToml(`/cnb/stack.toml of ${image}`, stackToml, stackShape);
  const old = stack['run-image'];
  return {
    image,
    platformApis: [...platform.supported, ...platform.deprecated],
    order: readOwnToml(`/cnb/order.toml of ${image}`, order, orderShape).order.map(({ group }) => group),
    buildpacks: files.buildpacks.map(toModule),
    runImages: images.length === 0 && old !== undefined ? [old] : images,
    runToml,
    stackToml,
  };
}

/** In a path, an ID has `_` for `/`; IDs are compared in that form. */
function toModule(directory: string): ModuleRef {
  const [version = '', id = ''] = directory.split('/').reverse();
  return { id, version };
}

/** The form of an ID in paths. Source: buildpacks/lifecycle, launch.EscapeID. */
export const escapeId = (id: string) => id.replaceAll('/', '_');

export const notABuilder = (image: string, noLifecycle: boolean) =>
  cannotBeABuilder(image, noLifecycle ? 'it has no /cnb/lifecycle/lifecycle.toml' : 'it has no /cnb/order.toml');

export const cannotBeABuilder = (image: string, why: string) =>
  inputError({
    what: `${image} is not a builder`,
    why,
    hint: 'use a builder image of Cloud Native Buildpacks; pack builder suggest lists some',
  });
