import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One object of a bundle. */
export interface BundleObject {
  readonly kind: string;
  readonly name: string;
  readonly yaml: string;
  /** As it is, not in a compressed tar. */
  readonly raw?: boolean;
  /** Instead of those that a bundle must have. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Pushes a Tekton bundle. Source: docs/tekton-bundle-contracts.md of Tekton; OCI distribution specification, "Pushing manifests".
 * @returns its digest
 */
export async function pushBundle(host: string, image: string, tag: string, objects: readonly BundleObject[]) {
  const layers = [];
  for (const { kind, name, yaml, raw = false, annotations } of objects) {
    const content = raw ? Buffer.from(yaml) : await compressedTar(name, yaml);
    layers.push({
      mediaType: raw ? 'application/vnd.oci.image.layer.v1.tar' : 'application/vnd.oci.image.layer.v1.tar+gzip',
      ...(await pushBlob(host, image, content)),
      annotations: annotations ?? {
        'dev.tekton.image.apiVersion': 'v1',
        'dev.tekton.image.kind': kind,
        'dev.tekton.image.name': name,
      },
    });
  }
  const ids = layers.map(({ digest }) => digest);
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: ids } };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        ...(await pushBlob(host, image, Buffer.from(JSON.stringify(config)))),
      },
      layers,
    }),
  );
  const answer = await fetch(`http://${host}/v2/${image}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: manifest,
  });
  if (!answer.ok) throw new Error(`the registry refused the bundle: ${answer.status} ${await answer.text()}`);
  return digestOf(manifest);
}

const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

async function compressedTar(name: string, text: string): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    await writeFile(join(directory, name), text);
    execFileSync('tar', ['-C', directory, '--format=ustar', '-czf', join(directory, 'layer.tgz'), name]);
    return await readFile(join(directory, 'layer.tgz'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function pushBlob(host: string, image: string, content: Buffer) {
  const digest = digestOf(content);
  const begun = await fetch(`http://${host}/v2/${image}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location') ?? '', `http://${host}`);
  place.searchParams.set('digest', digest);
  const answer = await fetch(place, { method: 'PUT', body: new Uint8Array(content) });
  if (!answer.ok) throw new Error(`the registry refused a blob: ${answer.status} ${await answer.text()}`);
  return { digest, size: content.length };
}
