import { describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/op/local-registry.js';
import { planPorts, publish } from './publish-ports.js';

const inferred = { port: 3000, origin: 'Procfile' };
const plan = (ports: readonly string[] | undefined, set?: string) => {
  const { publications, port, origin } = planPorts({ ports, origin: '.run.yaml' }, set, inferred);
  return { published: publications.map(({ given, container }) => given ?? container), port, origin };
};

describe('the ports of a container', () => {
  it.each([
    ['the inferred one', undefined, undefined, { published: [3000], port: '3000', origin: 'Procfile' }],
    ['the one of PORT', undefined, '4000', { published: [4000], port: '4000', origin: 'PORT' }],
    [
      'the inferred one, for a PORT that is none',
      undefined,
      '/run/x',
      { published: [3000], port: '/run/x', origin: 'Procfile' },
    ],
    [
      'those that are configured',
      ['80:5000', '81:6000'],
      undefined,
      { published: ['80:5000', '81:6000'], port: '5000', origin: '.run.yaml' },
    ],
    [
      'those, among them the inferred one',
      ['80:5000', '81:3000'],
      undefined,
      { published: ['80:5000', '81:3000'], port: '3000', origin: '.run.yaml' },
    ],
    [
      'those, and PORT as it is configured',
      ['80:5000'],
      '7000',
      { published: ['80:5000'], port: '7000', origin: '.run.yaml' },
    ],
    ['none', [], undefined, { published: [], port: '3000', origin: '.run.yaml' }],
  ] as const)('are %s', (_, ports, set, expected) => expect(plan(ports, set)).toEqual(expected));

  it('have host ports on loopback where op chooses them, each another one', async () => {
    const from = await freePort();
    const publication = { given: undefined, container: 3000, host: from };
    const published = await publish([publication, publication], new Set([from]));
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

  it('are passed on as they are configured, with a URL where one can be known', async () => {
    const { publications } = planPorts(
      { ports: ['8081:80', '53:53/udp', '127.0.0.1::80'], origin: 'x' },
      undefined,
      inferred,
    );
    expect((await publish(publications, new Set())).map(({ flag, url }) => [flag, url])).toEqual([
      ['8081:80', 'http://localhost:8081'],
      ['53:53/udp', undefined],
      ['127.0.0.1::80', undefined],
    ]);
  });
});
