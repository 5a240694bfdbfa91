import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { createCalls } from './calls.js';
import { createConnections } from './connections.js';
import { kinds } from './kind.js';
import { watch } from './watch.js';

/** Answers that a real API server cannot be made to give: each request gets the next one. */
const answers: ((response: ServerResponse) => void)[] = [];
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.method ?? '');
  const answer = answers.shift();
  if (answer) answer(response);
  else response.end(JSON.stringify({ metadata: { name: 'x' }, items: [], resources: [] }));
});
const says =
  (status: number, text: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end(text);
const cut = (response: ServerResponse) => void response.destroy();

let room: string;
const connections = createConnections(async () => join(room, 'socket'));
const { context } = testContext();
const calls = createCalls(context, connections, { namespace: 'shop' });

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'calls-test-'));
  await new Promise<void>((done) => server.listen(join(room, 'socket'), done));
});
afterAll(async () => {
  connections.close();
  server.close();
  await rm(room, { recursive: true, force: true });
});
beforeEach(() => {
  asked.length = 0;
  answers.length = 0;
});

const read = () => calls.get(kinds.pod, 'x');
const write = () => calls.create(kinds.pod, {});

describe('a retry', () => {
  test.each([
    ['a read that is told to slow down', read, says(429, 'slow down', { 'retry-after': '0' }), ['GET', 'GET']],
    ['a write that is told to slow down', write, says(429, 'slow down', { 'retry-after': '0' }), ['POST', 'POST']],
    ['a read whose token has just expired', read, says(401, 'Unauthorized'), ['GET', 'GET']],
    ['a write whose token has just expired', write, says(401, 'Unauthorized'), ['POST', 'POST']],
    ['a read from a server that is starting', read, says(503, 'starting'), ['GET', 'GET']],
    ['a read whose connection is cut', read, cut, ['GET', 'GET']],
  ])('%s', async (_, act, answer, methods) => {
    answers.push(answer);
    expect(await act()).toMatchObject({ metadata: { name: 'x' } });
    expect(asked).toEqual(methods);
  });

  test.each([
    ['a write that may have been carried out', write, cut, 'the connection to the API server was cut'],
    ['a write that failed in the server', write, says(500, 'etcd is away'), 'said (500): etcd is away'],
    ['a read that was refused', read, says(403, 'no'), 'said (403): no'],
    ['a read of a server of another kind', read, says(200, '<html>'), 'op does not understand the answer'],
    ['a read that a server of another kind does not know', read, says(404, '<html>'), 'the cluster has no Pod'],
  ])('is not made for %s', async (_, act, answer, why) => {
    answers.push(answer);
    await expect(act()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining(why) });
    expect(asked).toHaveLength(1);
  });

  test('there are at most four attempts', async () => {
    const busy = says(429, 'slow down', { 'retry-after': '0' });
    answers.push(busy, busy, busy, busy, busy);
    await expect(read()).rejects.toMatchObject({ why: expect.stringContaining('(429)') });
    expect(asked).toHaveLength(4);
  });
});

test('a page of a list that is too old (410) starts the list again', async () => {
  const page = (name: string, next: string) =>
    says(200, JSON.stringify({ metadata: { continue: next }, items: [{ metadata: { name } }] }));
  answers.push(page('old', 'more'), says(410, '{}'), page('a', 'more'), page('b', ''));
  expect((await calls.list(kinds.pod)).map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
});

test('a name cannot escape its place in the path', async () => {
  const paths: string[] = [];
  server.once('request', (request) => paths.push(request.url ?? ''));
  await calls.get(kinds.pod, '../../../secrets?x');
  expect(paths).toEqual(['/api/v1/namespaces/shop/pods/..%2F..%2F..%2Fsecrets%3Fx']);
});

test("the time is the server's, so that machines with wrong clocks agree", async () => {
  answers.push(says(200, '{"metadata":{"name":"x"}}', { date: 'Fri, 02 Jan 2026 03:04:05 GMT' }));
  await read();
  expect(calls.now().toISOString()).toMatch(/^2026-01-02T03:04:05/u);
  await read();
  expect(Math.abs(calls.now().getTime() - Date.now())).toBeLessThan(2500);
});

test('a webhook that does not answer is not mistaken for the API server', async () => {
  const message =
    'Internal error occurred: failed calling webhook "a.example.com": Post "https://a.svc:443": dial tcp 10.0.0.1:443: connect: connection refused';
  answers.push(says(500, JSON.stringify({ kind: 'Status', reason: 'InternalError', message })));
  await expect(write()).rejects.toMatchObject({ why: expect.stringMatching(/^a webhook of the cluster/u) });
});

test('a watch that is cut after a while continues at once: load balancers cut idle connections', async () => {
  const asked = { what: 'cannot watch pods', kind: kinds.pod, namespace: 'shop' };
  const watching = { signal: context.signal, patience: 60_000, onEvent: () => true, onChange: () => undefined };
  const after = (milliseconds: number) => (response: ServerResponse) => {
    response.writeHead(200).flushHeaders();
    setTimeout(() => response.destroy(), milliseconds);
  };
  answers.push(after(0), after(1200));
  expect(await watch(connections, asked, '/x', watching)).toBe('cut');
  expect(await watch(connections, asked, '/x', watching)).toBe('over');
});
