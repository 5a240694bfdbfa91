import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { run } from '../../kit/process/run.js';
import { copyImage, lookUp } from './crane.js';
import { parseReference, type Reference } from './reference.js';

const { context, printed } = testContext({ env: withTools(['crane']) });
const access = { insecure: [], env: {}, pauses: [10, 10] };
let registry: LocalRegistry;
let server: Server | undefined;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.stop());
afterEach(() => server?.close());

function image(text: string): Reference {
  const reference = parseReference(text);
  if ('problem' in reference) throw new Error(reference.problem);
  return reference;
}

async function pushed(text: string): Promise<Reference> {
  await run(context, { program: 'crane', args: ['append', '--oci-empty-base', '-f', '/dev/null', '-t', text] });
  const answer = await lookUp(context, access, image(text));
  return { ...image(text), ...answer };
}

/** A registry that answers every request for a manifest with the same status. */
async function answering(status: number): Promise<string> {
  server = createServer((request, response) => {
    response.statusCode = request.url === '/v2/' ? 200 : status;
    response.end('no');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `localhost:${typeof address === 'object' ? address?.port : ''}`;
}

describe('a registry', () => {
  it('gives the digest of an image, and reports that another does not exist', async () => {
    const there = await pushed(`${registry.host}/a/b:v1`);
    expect(there.digest).toMatch(/^sha256:[0-9a-f]{64}$/u);
    expect(await lookUp(context, access, image(`${registry.host}/a/b:v2`))).toMatchObject({ problem: 'absent' });
    expect(await lookUp(context, access, image(`${registry.host}/a/c:v1`))).toMatchObject({ problem: 'absent' });
  });

  it('stores a copy under its tag, not only under its digest', async () => {
    const from = await pushed(`${registry.host}/from:v1`);
    const to = image(`${registry.host}/to:v7`);
    await copyImage(context, access, from, to);
    expect(await lookUp(context, access, to)).toEqual({ digest: from.digest });
  });

  it('that is busy is retried, as often as there are pauses', async () => {
    const host = await answering(429);
    const answer = await lookUp(context, { ...access, pauses: [10] }, image(`${host}/x:1`));
    expect(answer).toMatchObject({ problem: 'busy', error: { hint: expect.stringContaining('later') } });
    expect(printed.filter((line) => line.includes('the registry is busy'))).toHaveLength(1);
  });

  it('that refuses is not retried', async () => {
    const host = await answering(403);
    const before = printed.length;
    expect(await lookUp(context, access, image(`${host}/x:1`))).toMatchObject({ problem: 'refused' });
    expect(printed).toHaveLength(before);
  });
});
