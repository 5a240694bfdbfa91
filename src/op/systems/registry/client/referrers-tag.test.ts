import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../../test/op/test-context.js';
import { openApi } from './api.js';
import { type Manifest, readManifest, sha256 } from './content.js';
import { addToReferrersTag, readReferrersTag } from './referrers-tag.js';
import type { Repository } from './repository.js';

/** A registry with one tag, which holds a list. */
let server: Server;
let repository: Repository;
let stored: string | undefined;
/** What another writer does before the next list is stored, or after it. */
let before: (() => void) | undefined;
let after: (() => void) | undefined;
let isConditional: boolean;
/** Manifests that are not there; a list that names one is refused. */
let deleted: string[];
const signal = AbortSignal.timeout(30_000);
const subject = sha256(Buffer.from('image'));

beforeEach(async () => {
  [stored, before, after, isConditional, deleted] = [undefined, undefined, undefined, false, []];
  server = createServer(async (request, response) => {
    const reference = request.url?.split('/').at(-1) ?? '';
    if (request.method === 'HEAD') {
      const status = deleted.includes(reference) ? 404 : 200;
      return void response.writeHead(status, { 'docker-content-digest': reference }).end();
    }
    const etag = () => `"${sha256(Buffer.from(stored ?? ''))}"`;
    if (request.method === 'GET') {
      if (stored === undefined || deleted.includes(reference)) return void response.writeHead(404).end();
      return void response.writeHead(200, isConditional ? { etag: etag() } : {}).end(stored);
    }
    const body = Buffer.concat(await request.toArray()).toString();
    before?.();
    before = undefined;
    const wanted = request.headers['if-match'];
    if (isConditional && wanted !== undefined && wanted !== etag()) return void response.writeHead(412).end();
    if (deleted.some((digest) => body.includes(digest))) return void response.writeHead(400).end();
    stored = body;
    response.writeHead(201).end();
    const next = after;
    after = undefined;
    next?.();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const host = `localhost:${typeof address === 'object' ? address?.port : ''}`;
  const { context } = testContext({ env: { HOME: '/nowhere' } });
  const api = await openApi(context, host, { insecure: [], env: {}, patience: { pauses: [], idle: 2000 } });
  repository = { api, path: 'team/app' };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function signature(name: string): Manifest {
  const text = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/x.signature',
    subject: { digest: subject },
    annotations: { name },
  };
  const bytes = Buffer.from(JSON.stringify(text));
  const manifest = readManifest(bytes, sha256(bytes), undefined);
  if ('why' in manifest) throw new Error(manifest.why);
  return manifest;
}
const list = (): { manifests: { digest: string }[] } => JSON.parse(stored ?? '{"manifests":[]}');
const names = () => list().manifests.map(({ digest }) => digest);
const entry = (digest: string) => ({ mediaType: 'application/x.other', digest, size: 5, 'x-own': true });
const others = (...digests: string[]) =>
  JSON.stringify({ ...list(), manifests: [...list().manifests, ...digests.map(entry)] });

describe('the list of what refers to an image, under a tag', () => {
  it('is neither read nor added to when tools in Go would read another one', async () => {
    const hidden = entry(sha256(Buffer.from('hidden')));
    for (const more of [{ Manifests: [hidden] }, { manifests: [{ ...hidden, Digest: subject }] }]) {
      stored = JSON.stringify({ schemaVersion: 2, manifests: [], ...more });
      await expect(readReferrersTag(repository, subject, signal)).rejects.toMatchObject({
        why: expect.stringContaining('in another case'),
      });
      const text = stored;
      await expect(addToReferrersTag(repository, subject, [signature('ours')], signal)).rejects.toThrow('cannot add');
      expect(stored).toBe(text);
    }
  });

  it('has type and annotations of each manifest, and keeps what others have in it as it is', async () => {
    const theirs = sha256(Buffer.from('theirs'));
    stored = JSON.stringify({ schemaVersion: 2, annotations: { kept: 'yes' }, manifests: [entry(theirs)] });
    const ours = signature('ours');
    await addToReferrersTag(repository, subject, [ours], signal);
    expect(list()).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      annotations: { kept: 'yes' },
      manifests: [
        entry(theirs),
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: ours.digest,
          size: ours.size,
          artifactType: 'application/x.signature',
          annotations: { name: 'ours' },
        },
      ],
    });
  });

  it('is written again when another writer has written over it', async () => {
    const ours = signature('ours');
    after = () => {
      stored = JSON.stringify({ schemaVersion: 2, manifests: [entry('sha256:theirs')] });
    };
    await addToReferrersTag(repository, subject, [ours], signal);
    expect(names()).toEqual(['sha256:theirs', ours.digest]);
  });

  it('loses nothing to a writer at the same moment where the registry checks what it replaces', async () => {
    isConditional = true;
    const [first, second] = [signature('first'), signature('second')];
    await addToReferrersTag(repository, subject, [first], signal);
    before = () => {
      stored = others('sha256:theirs');
    };
    await addToReferrersTag(repository, subject, [second], signal);
    expect(names()).toEqual([first.digest, 'sha256:theirs', second.digest]);
  });

  it('no longer names what was deleted where the registry refuses that', async () => {
    const gone = sha256(Buffer.from('gone'));
    deleted = [gone];
    stored = others(gone);
    const ours = signature('ours');
    await addToReferrersTag(repository, subject, [ours], signal);
    expect(names()).toEqual([ours.digest]);
  });

  it('is not written over something else that has the tag', async () => {
    stored = JSON.stringify({ schemaVersion: 2, layers: [] });
    await expect(addToReferrersTag(repository, subject, [signature('ours')], signal)).rejects.toThrow(
      expect.objectContaining({ why: 'the tag names something else' }),
    );
    expect(stored).toContain('layers');
  });

  it('is given up when others write over it all the time', async () => {
    const overwrite = () => {
      stored = JSON.stringify({ schemaVersion: 2, manifests: [] });
      after = overwrite;
    };
    after = overwrite;
    await expect(addToReferrersTag(repository, subject, [signature('ours')], signal)).rejects.toThrow(
      expect.objectContaining({ problem: 'busy' }),
    );
  });
});
