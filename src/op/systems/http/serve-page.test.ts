import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { servePage } from './serve-page.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

describe('a page on loopback', () => {
  const stop = new AbortController();
  let url: URL;
  let made = 0;
  let broken = false;
  let served: Promise<never>;
  beforeAll(async () => {
    const { context } = testContext({ signal: stop.signal });
    const page = async () => {
      made += 1;
      await new Promise((done) => setTimeout(done, 50));
      if (broken) throw toolError({ what: 'cannot read the store', why: 'it is away', hint: 'wait' });
      return '<!doctype html><title>It</title>';
    };
    await new Promise<void>((done) => {
      const ready = (at: string) => {
        url = new URL(at);
        done();
      };
      served = servePage(context, { listen: '127.0.0.1:0', policy: "default-src 'none'", page, ready });
      served.catch(() => undefined);
    });
  });
  afterAll(() => stop.abort(new Error('over')));

  const get = async (path = url.pathname, { method = 'GET', host = url.host, body = '' } = {}): Promise<Answer> => {
    const asked = ask({ host: '127.0.0.1', port: url.port, path, method, headers: { host }, agent: false });
    asked.end(body);
    const [answer] = await once(asked, 'response');
    let text = '';
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode, headers: answer.headers, text };
  };

  it('is there for whoever has its URL, and may not be kept, framed or loaded by others', async () => {
    const { status, headers, text } = await get();
    expect([status, text]).toEqual([200, '<!doctype html><title>It</title>']);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(await get(url.pathname, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('is not there under a name that only leads to this machine', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${url.port}`,
      '127.0.0.1',
      `127.0.0.1:${url.port}.evil.example`,
    ]) {
      const answer = await get(url.pathname, { host });
      expect([host, answer.status, answer.text]).toEqual([host, 421, 'This is not the name of this page.\n']);
    }
    for (const name of ['localhost', '[::1]'])
      expect((await get(url.pathname, { host: `${name}:${url.port}` })).status).toBe(200);
  });

  it('is not there for whoever does not know the word in the URL', async () => {
    const before = made;
    expect(url.pathname).toMatch(/^\/[\w-]{22}\/$/u);
    for (const path of [
      '/',
      '/favicon.ico',
      `${url.pathname}x`,
      url.pathname.replace(/.\/$/u, '!/'),
      `/..${url.pathname}`,
    ])
      expect((await get(path)).status, path).toBe(404);
    expect(made).toBe(before);
  });

  it('can only be read', async () => {
    const before = made;
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect(await get(url.pathname, { method, body: 'x' })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
      });
    }
    expect(made).toBe(before);
  });

  it('is made once for those who ask at the same time', async () => {
    const before = made;
    await Promise.all([get(), get(), get(), get()]);
    expect(made).toBe(before + 1);
    await get();
    expect(made).toBe(before + 2);
  });

  it('says why it cannot be made, and is there again when it can', async () => {
    broken = true;
    const { status, headers, text } = await get();
    expect([status, headers['content-type']]).toEqual([500, 'text/plain; charset=utf-8']);
    expect(text).toContain('cannot read the store');
    broken = false;
    expect((await get()).status).toBe(200);
  });

  it('cannot be reached from another machine', async () => {
    const others = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address } of others.filter(({ internal, family }) => !internal && family === 'IPv4')) {
      const socket = connect(Number(url.port), address);
      await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it.each([
    '0.0.0.0:8080',
    '[::]:8080',
    '10.0.0.1:80',
    'example.com:80',
    '8080',
    '127.0.0.1',
    '127.0.0.1:70000',
    'localhost:0x50',
  ])('refuses to listen at %s', async (listen) => {
    const { context } = testContext();
    const parts = { listen, policy: '', page: async () => '', ready: () => expect.unreachable() };
    await expect(servePage(context, parts)).rejects.toMatchObject({ kind: 'input' });
  });

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const parts = { listen, policy: '', page: async () => '', ready: () => expect.unreachable() };
    await expect(servePage(testContext().context, parts)).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('EADDRINUSE'),
    });
    other.close();
  });

  it('ends when op is stopped, whoever is connected', async () => {
    const socket = connect(Number(url.port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    stop.abort(new Error('stopped'));
    await expect(served).rejects.toThrow('stopped');
    await closed;
  });
});
