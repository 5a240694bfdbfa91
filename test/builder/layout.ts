import { createHash } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layer } from '../../image/layer.js';

/** The part of an image's configuration that the tests choose. Source: OCI image specification 1.1. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly WorkingDir?: string;
}

/** Writes an image for Linux on x86_64 as an OCI layout: the same bytes for the same layers and configuration. */
export async function writeImage(directory: string, layers: readonly Layer[], config: ImageConfig): Promise<void> {
  const blobs = join(directory, 'blobs/sha256');
  await rm(directory, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  for (const { path, digest } of layers) await link(path, join(blobs, digest.slice('sha256:'.length)));
  const blob = async (mediaType: string, value: unknown) => {
    const text = JSON.stringify(value);
    const hash = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hash), text);
    return { mediaType, digest: `sha256:${hash}`, size: Buffer.byteLength(text) };
  };
  const created = '1970-01-01T00:00:00Z';
  const manifest = await blob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await blob('application/vnd.oci.image.config.v1+json', {
      created,
      architecture: 'amd64',
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(({ name }) => ({ created, created_by: name })),
    }),
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    })),
  });
  const index = 'application/vnd.oci.image.index.v1+json';
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: index, manifests: [manifest] }),
  );
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
