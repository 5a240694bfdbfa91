import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort as anyPort } from '../../../../test/op/local-registry.js';
import { assignHostPorts, freePort, parsePortMapping, planPorts } from './ports.js';

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
  ])('can be written %s', (text, mapping) => expect(parsePortMapping(text, 'x')).toEqual(mapping));

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
  ])('cannot be written "%s"', (text) =>
    expect(() => parsePortMapping(text, '.run.yaml')).toThrow(
      expect.objectContaining({ kind: 'input', message: `"${text}" (.run.yaml) is not a port` }),
    ),
  );
});

describe('a free port', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('is the next one when a program listens on %s', async (address) => {
    const port = await anyPort();
    const server = createServer().listen(port, address);
    await once(server, 'listening');
    expect(await freePort(port, new Set())).toBeGreaterThan(port);
    server.close();
    await once(server, 'close');
    expect(await freePort(port, new Set())).toBe(port);
    expect(await freePort(port, new Set([port]))).toBeGreaterThan(port);
  });

  it('is not searched for forever', async () => {
    await expect(freePort(65536, new Set())).rejects.toMatchObject({ kind: 'input' });
  });
});

const inferred = { port: 3000, origin: 'Procfile' };
const plan = (ports: readonly string[] | undefined, set?: string) => {
  const { mappings, port, origin } = planPorts({ ports, origin: '.run.yaml' }, set, inferred);
  return { published: mappings.map(({ given, container }) => given ?? container), port, origin };
};

describe('the ports of a container', () => {
  it.each([
    ['the inferred one', undefined, undefined, { published: [3000], port: '3000', origin: 'Procfile' }],
    ['the one of PORT', undefined, '4000', { published: [4000], port: '4000', origin: 'PORT' }],
    [
      'the inferred one, when PORT is not a port',
      undefined,
      '/run/x',
      { published: [3000], port: '/run/x', origin: 'Procfile' },
    ],
    [
      'the configured ones',
      ['80:5000', '81:6000'],
      undefined,
      { published: ['80:5000', '81:6000'], port: '5000', origin: '.run.yaml' },
    ],
    [
      'the configured ones, with PORT as inferred when it is one of them',
      ['80:5000', '81:3000'],
      undefined,
      { published: ['80:5000', '81:3000'], port: '3000', origin: '.run.yaml' },
    ],
    [
      'the configured ones, with PORT as configured',
      ['80:5000'],
      '7000',
      { published: ['80:5000'], port: '7000', origin: '.run.yaml' },
    ],
    ['none', [], undefined, { published: [], port: '3000', origin: '.run.yaml' }],
  ] as const)('are %s', (_, ports, set, expected) => expect(plan(ports, set)).toEqual(expected));

  it('get distinct host ports on loopback when op chooses them', async () => {
    const from = await anyPort();
    const mapping = { given: undefined, container: 3000, host: from };
    const published = await assignHostPorts([mapping, mapping], new Set([from]));
    const chosen = published.map((one) => one.chosen);
    expect(chosen.every((port) => port !== undefined && port > from)).toBe(true);
    expect(new Set(chosen).size).toBe(2);
    expect(published[0]).toEqual({
      flag: `127.0.0.1:${chosen[0]}:3000`,
      url: `http://localhost:${chosen[0]}`,
      container: 3000,
      chosen: chosen[0],
    });
  });

  it('are passed on as configured, with a URL when it is known', async () => {
    const { mappings } = planPorts(
      { ports: ['8081:80', '53:53/udp', '127.0.0.1::80'], origin: 'x' },
      undefined,
      inferred,
    );
    expect((await assignHostPorts(mappings, new Set())).map(({ flag, url }) => [flag, url])).toEqual([
      ['8081:80', 'http://localhost:8081'],
      ['53:53/udp', undefined],
      ['127.0.0.1::80', undefined],
    ]);
  });
});
