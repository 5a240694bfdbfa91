import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { pullLayout, type RegistryAccess, readManifestText } from './crane.js';
import { formatReference, type Reference } from './reference.js';

/** A layer that holds one file, as OCI artifacts have them. */
export interface FileLayer {
  readonly annotations: Readonly<Record<string, string>>;
  /** The first file of the layer if it is a tar, else the layer itself; decompressed. */
  readonly text: string;
}

/** Layers of an image, and bytes of each before and after decompression. */
const mostLayers = 20;
const largest = 1024 * 1024;

/** Source: OCI image specification, "Image Manifest Property Descriptions". */
const manifest = v.looseObject({
  layers: v.array(
    v.looseObject({
      digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/u)),
      size: v.number(),
      annotations: v.optional(v.record(v.string(), v.string()), {}),
    }),
  ),
});

/**
 * Reads an image whose layers are single files: its manifest first, so that nothing large is downloaded.
 * @param image with a digest
 * @throws OpError (input) if it is of another kind; (tool) with what the registry said
 */
export async function readFileLayers(
  context: Context,
  access: RegistryAccess,
  image: Reference,
): Promise<readonly FileLayer[]> {
  const name = formatReference(image);
  const refuse = (why: string) =>
    inputError({ what: `cannot read the files of ${name}`, why, hint: 'give an image whose layers are single files' });
  const read = parseJson(manifest, await readManifestText(context, access, image));
  if (read === undefined) throw refuse('it is not one image: it has no list of layers');
  const { layers } = read;
  if (layers.length > mostLayers) throw refuse(`it has ${layers.length} layers, and the limit is ${mostLayers}`);
  const large = layers.findIndex(({ size }) => size > largest);
  if (large !== -1) throw refuse(`layer ${large} has more than ${largest} bytes, which is the limit`);
  await using directory = await makePrivateDirectory(context, 'layers');
  const layout = join(directory.path, 'layout');
  await pullLayout(context, access, image, layout);
  return await Promise.all(
    layers.map(async ({ digest, annotations }, index) => {
      const content = await readFile(join(layout, 'blobs', ...digest.split(':')));
      const text = fileIn(content);
      if (text === undefined) throw refuse(`layer ${index} is neither a file nor a small tar with one`);
      return { annotations, text };
    }),
  );
}

function fileIn(layer: Buffer): string | undefined {
  let content = layer;
  try {
    if (layer[0] === 0x1f && layer[1] === 0x8b) content = gunzipSync(layer, { maxOutputLength: largest });
  } catch {
    return undefined;
  }
  return (firstOfTar(content) ?? content).toString('utf8');
}

/** The first file of a tar; undefined if it is none. Source: POSIX pax, "ustar Interchange Format". */
function firstOfTar(content: Buffer): Buffer | undefined {
  for (let at = 0; at + 512 <= content.length; ) {
    const header = content.subarray(at, at + 512);
    if (header.toString('latin1', 257, 262) !== 'ustar') return undefined;
    const size = Number.parseInt(header.toString('latin1', 124, 136).replace(/\0.*$/su, '').trim() || '0', 8);
    const kind = header.toString('latin1', 156, 157);
    const start = at + 512;
    if (!Number.isInteger(size) || size < 0 || start + size > content.length) return undefined;
    // Extended headers describe the entry that follows.
    if (!['x', 'g', 'L', 'K'].includes(kind)) return content.subarray(start, start + size);
    at = start + Math.ceil(size / 512) * 512;
  }
  return undefined;
}
