import { expect, test } from 'vitest';
import { World } from '../../../../test/op/releases/world.js';
import { statusOf } from './status.js';

test('the status of nothing is empty', () => {
  expect(statusOf(new World().snapshot())).toEqual({
    environments: [],
    packages: [],
    deployments: [],
    ready: [],
    waiting: [],
  });
});

test('what intent wants, what is held and what failed is said of each deployment', () => {
  const world = new World();
  const { written } = world;
  world.environments.set('dev', { name: 'dev', attributes: {}, id: 'dev' });
  world.wantedEnvironments.set('dev', {});
  world.heldEnvironments.set('dev', { reason: 'freeze', written });
  world.addPackage('h.io/shop/-/shop.release.ts', () => []);
  const one = world.package('h.io/shop/-/shop.release.ts');
  const since = { by: 'ann', at: '2026-11-27T11:00:00Z', run: 'test' };
  const failed = { does: 'up', release: 2, run: 1, signature: '', error: 'no room', at: since.at } as const;
  const current = { release: 1, run: 1, inputs: {}, output: {}, since };
  const of = { serial: 2, environment: 'dev', highest: 1, history: [] };
  one.document = { ...one.document, newest: 2, deployments: { dev: { ...of, current, failed } } };
  one.intent = { ...one.intent, deployments: { dev: { release: 2, written } } };
  expect(statusOf(world.snapshot()).deployments).toEqual([
    {
      package: 'h.io/shop/-/shop.release.ts',
      environment: 'dev',
      release: 'r1',
      since: since.at,
      by: 'ann',
      wanted: 'r2',
      held: 'the end of a hold by ann (freeze)',
      failed: 'up r2: no room',
    },
  ]);
});

test('a command to type has the name of a package as one word, whatever is in it', () => {
  const world = new World();
  const { written } = world;
  world.environments.set('dev', { name: 'dev', attributes: {}, id: 'dev' });
  world.wantedEnvironments.set('dev', {});
  world.addPackage('h.io/shop/-/$(touch,x);y.release.ts', () => [[{ key: 'deploy/dev', inputs: {}, gates: [] }]]);
  world.newRelease('h.io/shop/-/$(touch,x);y.release.ts');
  const one = world.package('h.io/shop/-/$(touch,x);y.release.ts');
  one.intent = { ...one.intent, holds: { dev: { reason: 'freeze', written } } };
  expect(statusOf(world.snapshot()).waiting).toMatchObject([
    { kind: 'hold', hint: "op release unhold 'h.io/shop/-/$(touch,x);y.release.ts' --environment=dev" },
  ]);
});
