import { createHash } from 'node:crypto';

const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Uploads a blob to a registry without TLS. @param repository `HOST:PORT/PATH` */
async function pushBlob(repository: string, content: string): Promise<{ digest: string; size: number }> {
  const [, host = '', path = ''] = /^([^/]+)\/(.+)$/u.exec(repository) ?? [];
  const begun = await fetch(`http://${host}/v2/${path}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', `http://${host}`);
  location.searchParams.set('digest', digestOf(content));
  const headers = { 'content-type': 'application/octet-stream' };
  const { status } = await fetch(location, { method: 'PUT', body: content, headers });
  if (status !== 201) throw new Error(`${repository} answered ${status} to a blob`);
  return { digest: digestOf(content), size: Buffer.byteLength(content) };
}

/** Writes a manifest as it is. @returns its digest */
async function pushManifest(repository: string, reference: string, manifest: object): Promise<string> {
  const [, host = '', path = ''] = /^([^/]+)\/(.+)$/u.exec(repository) ?? [];
  const body = JSON.stringify(manifest);
  const headers = { 'content-type': 'mediaType' in manifest ? `${manifest.mediaType}` : '' };
  const url = `http://${host}/v2/${path}/manifests/${reference || digestOf(body)}`;
  const { status } = await fetch(url, { method: 'PUT', body, headers });
  if (status !== 201) throw new Error(`${repository} answered ${status} to a manifest`);
  return digestOf(body);
}

/**
 * Writes signatures of an image under a tag as cosign does: one layer for each, all with the same content. Source: cosign, "Signature
 * Specification".
 * @param image with a digest
 * @returns the digest of the manifest
 */
export async function signByTag(image: string, signatures: readonly string[], suffix = '.sig'): Promise<string> {
  const [repository = '', digest = ''] = image.split('@');
  const config = await pushBlob(repository, JSON.stringify({ signatures }));
  const layer = await pushBlob(repository, `payload of ${digest}`);
  return pushManifest(repository, `${digest.replace(':', '-')}${suffix}`, {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: signatures.map((signature) => ({
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      ...layer,
      annotations: { 'dev.cosignproject.cosign/signature': signature },
    })),
  });
}

/** What a registry lists as referring to a manifest: by its API, or, where it has none, by the tag. @returns digests, sorted */
export async function referrersAt(image: string): Promise<readonly string[]> {
  const [, host = '', path = '', digest = ''] = /^([^/]+)\/(.+)@(.+)$/u.exec(image) ?? [];
  const accept = { headers: { accept: 'application/vnd.oci.image.index.v1+json' } };
  const listed = await fetch(`http://${host}/v2/${path}/referrers/${digest}`, accept);
  const list = listed.ok
    ? listed
    : await fetch(`http://${host}/v2/${path}/manifests/${digest.replace(':', '-')}`, accept);
  if (!list.ok) return [];
  const { manifests }: { manifests: readonly { readonly digest: string }[] } = JSON.parse(await list.text());
  return manifests.map((one) => one.digest).sort();
}
