import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort as anyPort } from '../../../../test/op/local-registry.js';
import { freePort, parsePublication } from './ports.js';

describe('a port', () => {
  it.each([
    ['8081:8080', { given: '8081:8080', host: 8081, container: 8080 }],
    ['8080', { given: undefined, host: undefined, container: 8080 }],
    [' 8081:8080 ', { given: '8081:8080', host: 8081, container: 8080 }],
    ['127.0.0.1:8081:8080', { given: '127.0.0.1:8081:8080', host: 8081, container: 8080 }],
    ['[::1]:8081:8080', { given: '[::1]:8081:8080', host: 8081, container: 8080 }],
    ['127.0.0.1::8080', { given: '127.0.0.1::8080', host: undefined, container: 8080 }],
    ['53:53/udp', { given: '53:53/udp', host: 53, container: 53 }],
    ['8000-8010:9000-9010', { given: '8000-8010:9000-9010', host: 8000, container: 9000 }],
  ])('may be %s', (text, publication) => expect(parsePublication(text, 'x')).toEqual(publication));

  it.each([
    '',
    'a',
    '8080:',
    '0:80',
    '80:70000',
    '-1:80',
    '80:80:80',
    '80:80/icmp',
    'host:80:80',
    '80 :80',
    '80:80;id',
  ])('cannot be "%s"', (text) =>
    expect(() => parsePublication(text, '.run.yaml')).toThrow(
      expect.objectContaining({ kind: 'input', message: `"${text}" (.run.yaml) is not a port` }),
    ),
  );
});

describe('a free port', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('is the next when somebody listens on %s', async (address) => {
    const port = await anyPort();
    const server = createServer().listen(port, address);
    await once(server, 'listening');
    expect(await freePort(port, new Set())).toBeGreaterThan(port);
    server.close();
    await once(server, 'close');
    expect(await freePort(port, new Set())).toBe(port);
    expect(await freePort(port, new Set([port]))).toBeGreaterThan(port);
  });

  it('is not looked for without end', async () => {
    await expect(freePort(65536, new Set())).rejects.toMatchObject({ kind: 'input' });
  });
});
