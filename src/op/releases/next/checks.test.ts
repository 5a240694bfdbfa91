import { expect, test } from 'vitest';
import { World } from '../../../../test/op/releases/world.js';
import { approvalSignature } from './gates.js';

const app = 'h.io/o/r/-/app.release.ts';

function worldWithCheck(bypass?: false): World {
  const world = new World();
  world.wantedEnvironments.set('s', {});
  world.settle();
  world.addPackage(app, () => [
    [
      {
        key: 'deploy/s',
        inputs: { size: { ref: '@/custom/size', default: 1 } },
        gates: [{ is: 'check', name: 'smoke', milliseconds: 60_000, ...(bypass === undefined ? {} : { bypass }) }],
      },
    ],
  ]);
  world.newRelease(app);
  return world;
}
const minutes = (world: World, count: number) => {
  world.now = new Date(world.now.getTime() + count * 60_000);
};
const check = `check ${app} r1 check/deploy/s/smoke`;
const up = `up ${app} r1 deploy/s`;

test('a check runs before its item', () => expect(worldWithCheck().settle()).toEqual([check, up]));

test('an item whose check fails waits, and the check is asked again after its interval, which doubles', () => {
  const world = worldWithCheck();
  const fails = () => world.settle(() => 'failed');
  expect(fails()).toEqual([check]);
  expect(world.next().waiting).toMatchObject([
    { item: 'deploy/s', kind: 'check', for: expect.stringContaining('it failed (it broke)') },
  ]);
  expect(world.package(app).releases.get(1)?.standing).toBe('open');
  minutes(world, 1);
  expect([fails(), fails()]).toEqual([[check], []]);
  minutes(world, 1);
  expect(fails()).toEqual([]);
  minutes(world, 1);
  expect(world.settle()).toEqual([check, up]);
});

test('a check is asked again at once when an input changes, when somebody says so, and when its worker was killed', () => {
  const world = worldWithCheck();
  world.settle(() => 'failed');
  world.wantedCustom.set('@/custom/size', 2);
  expect(world.settle(() => 'failed')).toEqual([check]);
  world.retry(app, 1);
  for (const work of world.next().ready) world.do(work, 'killed while it runs');
  expect(world.settle()).toEqual([check, up]);
});

test('a new release asks it again', () => {
  const world = worldWithCheck();
  world.settle();
  world.newRelease(app);
  expect(world.settle()).toEqual([check.replace('r1', 'r2'), up.replace('r1', 'r2')]);
});

test.each([
  ['an approval that says so passes by it', undefined, [up]],
  ['no approval passes by one whose plan forbids it', false, [check, up]],
] as const)('%s', (_, bypass, expected) => {
  const world = worldWithCheck(bypass);
  const of = world.package(app);
  const gates = of.releases.get(1)?.plan.phases[0]?.items[0]?.gates ?? [];
  const approval = {
    release: 1,
    item: 'deploy/s',
    signature: approvalSignature('deploy/s', gates, { size: 1 }),
    decision: 'approved',
    bypass: ['check'],
    reason: 'the checker is down',
    written: world.written,
  } as const;
  of.intent = { ...of.intent, approvals: [{ ...approval, bypass: [...approval.bypass] }] };
  expect(world.settle()).toEqual(expected);
});
