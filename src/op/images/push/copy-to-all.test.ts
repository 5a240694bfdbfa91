import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { run } from '../../kit/process/run.js';
import { lookUp } from '../../systems/registry/crane.js';
import type { Reference } from '../../systems/registry/reference.js';
import { copyToAll } from './copy-to-all.js';

const { context } = testContext({ env: withTools(['crane', 'skaffold']) });
const access = { insecure: [], env: {} };
let registry: LocalRegistry;
let meddling: Server;
let repository: SampleRepository;

beforeAll(async () => {
  [registry, repository] = await Promise.all([startRegistry(), makeSampleRepository()]);
  // A proxy in front of the registry: reading a tag gives another image, as if it had been pushed in the meantime.
  meddling = createServer(async (request, response) => {
    const reads = request.method === 'HEAD' || request.method === 'GET';
    const path = reads ? (request.url ?? '').replace(/\/manifests\/v1$/u, '/manifests/other') : request.url;
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    const { method = 'GET', headers } = request;
    const sent = { 'content-type': String(headers['content-type'] ?? '') };
    const content = body.length > 0 ? { body: Buffer.concat(body) } : {};
    const answer = await fetch(`http://${registry.host}${path}`, {
      method,
      headers: sent,
      redirect: 'manual',
      ...content,
    });
    for (const [name, value] of answer.headers) if (name !== 'transfer-encoding') response.setHeader(name, value);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(meddling, 'listening');
});
afterAll(async () => {
  meddling.close();
  await Promise.all([registry.stop(), repository.remove()]);
});

async function push(path: string, tag: string, user: string): Promise<Reference> {
  const reference = { registry: registry.host, path, tag };
  const name = `${registry.host}/${path}:${tag}`;
  await run(context, { program: 'crane', args: ['append', '--oci-empty-base', '-f', '/dev/null', '-t', name] });
  await run(context, { program: 'crane', args: ['mutate', name, '-t', name, `--user=${user}`] });
  return { ...reference, ...(await lookUp(context, access, reference)) };
}

const project = () => ({
  directory: repository.directory,
  file: 'skaffold.yaml',
  profiles: [],
  namespace: undefined,
  platforms: [],
  insecure: [],
  env: {},
});
const destination = (port: number | string | undefined) => ({
  key: 'SKAFFOLD_DEFAULT_REPO',
  value: `localhost:${port}/copy`,
  origin: '.registry:2',
});

describe('copies that take too long', () => {
  it('fail with the error of the deadline, also when there are several', async () => {
    const silent = createTcpServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const to = destination(typeof address === 'object' ? address?.port : '');
    const mine = await push('mine/base', 'v2', '3');
    const images = ['base', 'team/app'].map((imageName) => ({ imageName, reference: mine }));
    const late = { what: 'too late', why: 'it took 4 s', hint: 'wait' };
    using deadline = startDeadline(context, 4000, late);
    const copying = copyToAll(deadline.context, access, project(), images, [to]);
    await expect(copying).rejects.toMatchObject({ kind: 'deadline', message: 'too late' });
    silent.close();
  });
});

describe('a copy that reads back with another digest', () => {
  it('is rejected', async () => {
    const mine = await push('mine/base', 'v1', '1');
    const other = await push('copy/base', 'other', '2');
    const address = meddling.address();
    const port = typeof address === 'object' ? address?.port : '';
    const images = [{ imageName: 'base', reference: mine }];
    const copying = copyToAll(context, access, project(), images, [destination(port)]);
    await expect(copying).rejects.toMatchObject({
      kind: 'refused',
      message: `localhost:${port}/copy/base:v1 is not what was copied`,
      why: `it has the digest ${other.digest}, but ${mine.digest} was copied`,
    });
  });
});
