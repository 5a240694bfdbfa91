/**
 * Writes an image as an OCI layout directory: blobs, one manifest, an index.
 * Format: OCI image specification 1.1 (image layout, manifest, configuration).
 */
import { createHash } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from './image.js';
import { platform } from './inputs.js';
import type { Layer } from './layer.js';

/** No time stamps in the image: two builds give the same bytes. */
const created = '1970-01-01T00:00:00Z';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Writes the layout and returns the digest of its manifest, `sha256:…`. */
export async function writeLayout(
  directory: string,
  layers: readonly Layer[],
  image: Image,
  version: string,
): Promise<string> {
  const blobs = join(directory, 'blobs/sha256');
  await rm(directory, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  for (const { path, digest } of layers) await link(path, join(blobs, digest.slice('sha256:'.length)));

  const blob = async (mediaType: string, value: unknown): Promise<Descriptor> => {
    const text = JSON.stringify(value);
    const hash = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hash), text);
    return { mediaType, digest: `sha256:${hash}`, size: Buffer.byteLength(text) };
  };
  const labels = {
    'org.opencontainers.image.title': image.name,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.description': image.description,
  };
  const config = await blob('application/vnd.oci.image.config.v1+json', {
    created,
    ...platform,
    config: {
      User: `${image.user.id}:${image.user.id}`,
      WorkingDir: image.workingDirectory,
      Entrypoint: image.entrypoint,
      Env: Object.entries(image.environment).map(([name, value]) => `${name}=${value}`),
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ name }) => ({ created, created_by: `image/build: ${name}` })),
  });
  const manifest = await blob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    })),
    annotations: labels,
  });
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...manifest, platform }],
    }),
  );
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return manifest.digest;
}
