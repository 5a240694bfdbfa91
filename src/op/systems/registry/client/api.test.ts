import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dockerConfig } from '../../../../../test/op/local-registry.js';
import { testContext } from '../../../../../test/op/test-context.js';
import { withTools } from '../../../../../test/tools.js';
import { openApi } from './api.js';
import { beginUpload, finishUpload, readBlob } from './blobs.js';
import { sha256 } from './content.js';
import { listTags } from './list-tags.js';
import { fetchManifest, findDigest } from './manifests.js';
import type { Repository } from './repository.js';

let home: string;
let servers: Server[];
const blob = { mediaType: 'application/octet-stream', digest: sha256(Buffer.from('content')), size: 7 };
const signal = AbortSignal.timeout(30_000);

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'registry-client-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(home, { recursive: true, force: true });
});

/** Starts a server on loopback, and gives its `localhost:PORT`. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return `localhost:${typeof address === 'object' ? address?.port : ''}`;
}

/** The repository `team/app` of a server, with a login for it. */
async function repository(host: string, pauses: readonly number[] = [10, 10]): Promise<Repository> {
  await writeFile(join(home, 'config.json'), dockerConfig(host, 's3cret'));
  const { context } = testContext({ env: { ...withTools(['crane']), HOME: home } });
  const patience = { pauses, idle: 2000 };
  const api = await openApi(context, host, { insecure: [], env: { DOCKER_CONFIG: home }, patience });
  return { api, path: 'team/app' };
}

const login = `Basic ${Buffer.from('bob:s3cret').toString('base64')}`;
const isLoggedIn = ({ headers }: IncomingMessage) => headers.authorization === login;

describe('credentials', () => {
  it('go to the registry when it asks for them, and not to the storage that it redirects to', async () => {
    const seen: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('content');
    });
    const host = await serve((request, response) => {
      if (!isLoggedIn(request)) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      response.writeHead(307, { location: `http://${storage}/blob` }).end();
    });
    const chunks = await (await readBlob(await repository(host), blob, signal)).toArray();
    expect(Buffer.concat(chunks).toString()).toBe('content');
    expect(seen).toEqual([undefined]);
  });

  it('are not sent with an upload to another server', async () => {
    const seen: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers.authorization);
      request.resume().on('end', () => response.writeHead(201).end());
    });
    const host = await serve((request, response) => {
      if (!isLoggedIn(request)) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      response.writeHead(202, { location: `http://${storage}/upload?state=a%2Bb` }).end();
    });
    const to = await repository(host);
    const begun = await beginUpload(to, blob, undefined, signal);
    if (begun.mounted) throw new Error('nothing was to be mounted');
    await finishUpload(to, blob, begun.location, Readable.from([Buffer.from('content')]), { signal, idle: 1000 });
    expect(seen).toEqual([undefined]);
    expect(begun.location.search).toBe('?state=a%2Bb');
  });

  it.each(['Basic realm="x"', 'Bearer'])('serve many requests that begin at once: %s', async (scheme) => {
    const host = await serve((request, response) => {
      if (request.url?.startsWith('/token')) return void response.end('{"token":"t"}');
      const isBasic = scheme.startsWith('Basic');
      if (isBasic ? isLoggedIn(request) : request.headers.authorization === 'Bearer t') {
        return void response.end('{"tags":["v1"]}');
      }
      const challenge = isBasic ? scheme : `Bearer realm="http://${request.headers.host}/token"`;
      // All have asked without credentials before the first learns that it needs some.
      setTimeout(() => response.writeHead(401, { 'www-authenticate': challenge }).end(), 50);
    });
    const one = await repository(host);
    const lists = await Promise.all(Array.from({ length: 12 }, () => listTags(one, signal)));
    expect(lists).toEqual(Array(12).fill(['v1']));
  });

  it('are exchanged for one token for each repository and right, which is fetched again when it is refused', async () => {
    const tokens: string[] = [];
    let valid = '';
    const host = await serve((request, response) => {
      const url = new URL(request.url ?? '/', 'http://x');
      if (url.pathname === '/token') {
        expect(request.headers.authorization).toBe(login);
        valid = `token-${tokens.push(`${url.searchParams.get('service')} ${url.searchParams.getAll('scope')}`)}`;
        return void response.end(JSON.stringify({ token: valid, expires_in: 300 }));
      }
      if (request.headers.authorization !== `Bearer ${valid}`) {
        const challenge = `Bearer realm="http://${request.headers.host}/token",service="test"`;
        return void response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
      response.end('{"tags":["v1"]}');
    });
    const one = await repository(host);
    await listTags(one, signal);
    await listTags(one, signal);
    expect(tokens).toEqual(['test repository:team/app:pull']);
    await listTags({ ...one, path: 'team/other' }, signal);
    expect(tokens).toEqual(['test repository:team/app:pull', 'test repository:team/other:pull']);
    // The second token has replaced the first: the server no longer knows that.
    await listTags(one, signal);
    expect(tokens).toHaveLength(3);
  });

  it.each([
    ['without encryption on another machine', 'http://tokens.example.com/x', 'has no encryption'],
    ['with a user', 'https://a:b@tokens.example.com/x', 'is a URL with a user'],
    ['of another protocol', 'file:///etc/passwd', 'is not an http or https URL'],
  ])('are not sent to a token service %s', async (_, realm, why) => {
    const host = await serve((_request, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end(),
    );
    await expect(findDigest(await repository(host), 'v1', signal)).rejects.toMatchObject({
      why: expect.stringContaining(why),
    });
  });

  it('that are refused are refused once: no registry locks an account because of op', async () => {
    let asked = 0;
    const host = await serve((request, response) => {
      if (request.headers.authorization !== undefined) asked += 1;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    await expect(findDigest(await repository(host), 'v1', signal)).rejects.toMatchObject({ problem: 'refused' });
    expect(asked).toBe(1);
  });

  it('are not followed by a token that is no header', async () => {
    const host = await serve((request, response) =>
      request.url?.startsWith('/token')
        ? response.end(JSON.stringify({ token: 'a\r\nx-evil: 1' }))
        : response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end(),
    );
    await expect(findDigest(await repository(host), 'v1', signal)).rejects.toMatchObject({
      why: expect.stringContaining('without a token'),
    });
  });
});

describe('a connection', () => {
  it('that the server has closed meanwhile is replaced at once', async () => {
    const used = new Set<unknown>();
    const host = await serve((request, response) => {
      if (used.has(request.socket)) return void request.socket.destroy();
      used.add(request.socket);
      response.end('{"tags":["v1"]}');
    });
    const one = await repository(host, [60_000]);
    for (let round = 0; round < 3; round++) expect(await listTags(one, AbortSignal.timeout(5000))).toEqual(['v1']);
  });
});

describe('answers', () => {
  it('that redirect without end are given up', async () => {
    const host = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    await expect(findDigest(await repository(host), 'v1', signal)).rejects.toMatchObject({
      why: expect.stringContaining('redirects more than 5 times'),
    });
  });

  it('larger than a manifest may be are not read to their end', async () => {
    const host = await serve((_request, response) => {
      const more = () =>
        response.destroyed ||
        (response.write(Buffer.alloc(1024 * 1024)) ? setImmediate(more) : response.once('drain', more));
      more();
    });
    await expect(fetchManifest(await repository(host), 'v1', signal)).rejects.toMatchObject({
      why: 'it sent more than 4194304 bytes',
    });
  });

  it.each([
    ['no JSON', 'hello', 'no manifest'],
    [
      'a digest that is a path',
      JSON.stringify({ layers: [{ mediaType: 'a/b', digest: 'sha256:../../x', size: 1 }] }),
      'no manifest',
    ],
    [
      'a size below zero',
      JSON.stringify({ layers: [{ mediaType: 'a/b', digest: blob.digest, size: -1 }] }),
      'no manifest',
    ],
    [
      'a type that is not mirrored',
      JSON.stringify({ mediaType: 'application/vnd.docker.distribution.manifest.v1+json' }),
      'its type is',
    ],
  ])('that are a manifest with %s are refused', async (_, body, why) => {
    const host = await serve((_request, response) => response.end(body));
    await expect(fetchManifest(await repository(host), 'v1', signal)).rejects.toMatchObject({
      why: expect.stringContaining(why),
    });
  });

  it('that are a list of tags are read to the last page', async () => {
    const all = Array.from({ length: 25 }, (_, index) => `v${index}`);
    const host = await serve((request, response) => {
      const last = new URL(request.url ?? '/', 'http://x').searchParams.get('last');
      const start = last === null ? 0 : all.indexOf(last) + 1;
      const tags = all.slice(start, start + 10);
      const next =
        start + 10 < all.length ? { link: `</v2/team/app/tags/list?last=${tags.at(-1)}&n=10>; rel="next"` } : {};
      response.writeHead(200, next).end(JSON.stringify({ name: 'team/app', tags }));
    });
    expect(await listTags(await repository(host), signal)).toEqual(all);
  });
});
