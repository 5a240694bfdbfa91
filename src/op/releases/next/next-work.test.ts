import { describe, expect, test } from 'vitest';
import { type Planner, World } from '../../../../test/op/releases/world.js';
import type { Approval, Gate, PlanItem } from '../documents/shapes.js';
import { approvalSignature } from './gates.js';

const item = (key: string, parts: Partial<PlanItem> = {}): PlanItem => ({ key, inputs: {}, gates: [], ...parts });
const deploys = (names: readonly string[], parts: Partial<PlanItem> = {}) =>
  names.map((name) => item(`deploy/${name}`, parts));
const app = 'h.io/o/r/-/app.release.ts';
const network = 'h.io/o/r/-/network.release.ts';

/** build, then environments of type staging, then those of type prod. */
const usual: Planner = (environments) => {
  const named = (type: string) =>
    environments.filter(({ attributes }) => attributes.type === type).map(({ name }) => name);
  return [[item('task/build')], deploys(named('staging')), deploys(named('prod'))];
};

function worldOf(environments: Readonly<Record<string, string>>, plan: Planner = usual): World {
  const world = new World();
  for (const [name, type] of Object.entries(environments)) world.wantedEnvironments.set(name, { type });
  world.settle();
  world.addPackage(app, plan);
  return world;
}

const standing = (world: World, release: number, name = app) => world.package(name).releases.get(release)?.standing;
const waitsFor = (world: World) =>
  world.next().waiting.map(({ release, item: key, kind }) => `r${release} ${key} ${kind}`);

describe('phases', () => {
  test('are barriers, and their items may run side by side', () => {
    const world = worldOf({ s1: 'staging', s2: 'staging', p: 'prod' });
    world.newRelease(app);
    const ready = () => world.next().ready.map((work) => ('item' in work ? work.item : work.do));
    expect(ready()).toEqual(['task/build']);
    expect(waitsFor(world)).toEqual(['r1 deploy/s1 phase', 'r1 deploy/s2 phase', 'r1 deploy/p phase']);
    world.do(world.next().ready[0] ?? { do: 'set-custom', ref: '' });
    expect(ready()).toEqual(['deploy/s1', 'deploy/s2']);
    world.settle();
    expect(standing(world, 1)).toBe('complete');
    expect(world.deployed(app, 'p')).toBe(1);
  });

  test('without items pass the barrier on, and do not lift it (defect 1)', () => {
    const world = worldOf({ p: 'prod' });
    world.newRelease(app);
    const [first, ...others] = world.next().ready;
    expect([first, others.length]).toMatchObject([{ item: 'task/build' }, 0]);
    expect(world.settle()).toEqual([`call ${app} r1 task/build`, `up ${app} r1 deploy/p`]);
  });

  test('pass after an item that was done twice (defect 2)', () => {
    const world = worldOf({ s: 'staging', p: 'prod' }, () => [
      deploys(['s'], { inputs: { size: { ref: '@/custom/size', default: 1 } } }),
      deploys(['p'], { inputs: { go: { ref: '@/custom/go' } } }),
    ]);
    world.newRelease(app);
    world.settle();
    world.wantedCustom.set('@/custom/size', 2);
    world.settle();
    expect(world.package(app).releases.get(1)?.runs).toHaveLength(2);
    world.wantedCustom.set('@/custom/go', true);
    expect(world.settle()).toEqual([`up ${app} r1 deploy/p`]);
  });

  test('do not start after a failed item, whose siblings go on; the next release does', () => {
    const world = worldOf({ s1: 'staging', s2: 'staging', p: 'prod' });
    world.newRelease(app);
    world.settle(({ item: key }) => (key === 'deploy/s1' ? 'failed' : 'complete'));
    expect([world.deployed(app, 's2'), world.deployed(app, 'p'), standing(world, 1)]).toEqual([1, undefined, 'failed']);
    world.newRelease(app);
    world.settle();
    expect(['s1', 's2', 'p'].map((name) => world.deployed(app, name))).toEqual([2, 2, 2]);
  });
});

test('what fails for ever is tried once, and again when somebody says so (defect 3)', () => {
  const world = worldOf({ s: 'staging', p: 'prod' });
  world.newRelease(app);
  const fails = () => world.settle(({ item: key }) => (key === 'deploy/s' ? 'failed' : 'complete'));
  expect(fails()).toHaveLength(2);
  expect(fails()).toEqual([]);
  expect(waitsFor(world)).toEqual(['r1 deploy/s failed']);
  world.retry(app, 1);
  expect(world.settle()).toEqual([`up ${app} r1 deploy/s`, `up ${app} r1 deploy/p`]);
});

test('a redeployment that fails is tried once for each value', () => {
  const world = worldOf({ s: 'staging' }, () => [
    deploys(['s'], { inputs: { x: { ref: '@/custom/a/b/c', default: 0 } } }),
  ]);
  world.newRelease(app);
  world.settle();
  // A name of several parts counts, too (defect 5).
  world.wantedCustom.set('@/custom/a/b/c', 1);
  expect(world.settle(() => 'failed')).toHaveLength(1);
  expect(world.settle(() => 'failed')).toEqual([]);
  world.wantedCustom.set('@/custom/a/b/c', 2);
  expect(world.settle()).toHaveLength(1);
});

describe('a worker that is killed (defects 6 and 7)', () => {
  test('while a function runs: it is run again, and the run before counts as lost', () => {
    const world = worldOf({ s: 'staging' });
    world.newRelease(app);
    world.do(world.next().ready[0] ?? { do: 'set-custom', ref: '' }, 'killed while it runs');
    expect(world.settle()).toEqual([`call ${app} r1 task/build`, `up ${app} r1 deploy/s`]);
    expect(
      world
        .package(app)
        .releases.get(1)
        ?.runs.map(({ status }) => status),
    ).toEqual(['lost', 'complete', 'complete']);
  });

  test('after its end was written: it is recorded, and not run again', () => {
    const world = worldOf({ s: 'staging' });
    world.newRelease(app);
    world.settle(() => 'killed before it is recorded');
    expect(world.ran).toHaveLength(2);
    expect([world.deployed(app, 's'), standing(world, 1)]).toEqual([1, 'complete']);
    world.wantedEnvironments.delete('s');
    world.settle(() => 'killed before it is recorded');
    expect(world.ran.map(({ does }) => does)).toEqual(['call', 'up', 'down']);
    expect(world.environments.has('s')).toBe(false);
  });
});

describe('an older release', () => {
  const approved: Planner = () => [deploys(['s']), deploys(['p'], { inputs: { go: { ref: '@/custom/go' } } })];

  test('never overtakes a newer one (defect 6)', () => {
    const world = worldOf({ s: 'staging', p: 'prod' }, approved);
    world.newRelease(app);
    world.settle();
    world.newRelease(app);
    world.settle();
    expect([standing(world, 1), standing(world, 2)]).toEqual(['open', 'open']);
    world.wantedCustom.set('@/custom/go', true);
    world.settle();
    expect(standing(world, 1)).toBe('superseded');
    expect(world.ran.filter(({ item: key }) => key === 'deploy/p')).toMatchObject([{ release: 2 }]);
  });

  test('does not come back when its worker was killed and a newer one was deployed since', () => {
    const world = worldOf({ s: 'staging' }, () => [deploys(['s'])]);
    world.newRelease(app);
    for (const work of world.next().ready) world.do(work, 'killed while it runs');
    world.newRelease(app);
    expect(world.settle()).toEqual([`up ${app} r2 deploy/s`]);
    expect(standing(world, 1)).toBe('superseded');
  });

  test('does not come back after a rollback of the newer one', () => {
    const world = worldOf({ s: 'staging', p: 'prod' }, approved);
    world.newRelease(app);
    world.settle();
    world.newRelease(app);
    world.settle();
    world.wantRelease(app, 's', 1);
    expect(world.settle()).toEqual([`up ${app} r1 deploy/s`]);
    expect(world.settle()).toEqual([]);
    expect(world.deployed(app, 's')).toBe(1);
  });

  test('that is rolled back to stays while there is a hold, and the newest goes on after it', () => {
    const world = worldOf({ s: 'staging' });
    for (const _ of [1, 2]) {
      world.newRelease(app);
      world.settle();
    }
    world.wantRelease(app, 's', 1);
    const { package: of } = { package: world.package(app) };
    of.intent = { ...of.intent, holds: { s: { reason: 'incident 7', written: world.written } } };
    world.settle();
    world.newRelease(app);
    world.settle();
    expect([world.deployed(app, 's'), waitsFor(world)]).toEqual([1, ['r3 deploy/s hold']]);
    of.intent = { ...of.intent, holds: {} };
    world.settle();
    expect(world.deployed(app, 's')).toBe(3);
  });
});

test('an environment that is held takes no release, but goes back, and goes on after the time of the hold', () => {
  const world = worldOf({ s: 'staging' });
  for (const _ of [1, 2]) {
    world.newRelease(app);
    world.settle();
  }
  world.heldEnvironments.set('s', { reason: 'freeze', until: '2026-11-27T13:00:00Z', written: world.written });
  world.newRelease(app);
  world.settle();
  expect(world.next().waiting).toMatchObject([{ release: 3, kind: 'hold', hint: 'op environment unhold s' }]);
  world.wantRelease(app, 's', 1);
  world.settle();
  expect(world.deployed(app, 's')).toBe(1);
  world.now = new Date('2026-11-27T13:00:00Z');
  world.settle();
  expect(world.deployed(app, 's')).toBe(3);
});

test('a bad release is replaced by the last good one everywhere, and is never chosen again', () => {
  const world = worldOf({ s: 'staging', p: 'prod' });
  for (const _ of [1, 2]) {
    world.newRelease(app);
    world.settle();
  }
  const of = world.package(app);
  of.intent = { ...of.intent, verdicts: { 2: { is: 'bad', reason: 'it loses data', written: world.written } } };
  world.settle();
  expect(['s', 'p'].map((name) => world.deployed(app, name))).toEqual([1, 1]);
  world.wantedEnvironments.set('s2', { type: 'staging' });
  world.settle();
  expect(world.deployed(app, 's2')).toBe(1);
});

describe('environments', () => {
  /** Two packages: the app needs an output of the network in the same environment. */
  function two(): World {
    const world = worldOf({ one: 'staging' }, (environments) => [
      environments.map(({ name }) =>
        item(`deploy/${name}`, { inputs: { vpc: { ref: `${network}/@/deploy/${name}#output/image` } } }),
      ),
    ]);
    world.addPackage(network, (environments) => [deploys(environments.map(({ name }) => name))]);
    world.newRelease(app);
    world.settle();
    expect(world.next().waiting).toMatchObject([{ kind: 'input', for: `${network}/@/deploy/one#output/image` }]);
    world.newRelease(network);
    world.settle();
    return world;
  }
  const ran = (world: World) => world.settle().map((line) => line.replace('h.io/o/r/-/', ''));

  test('that appear get everything, in the order of dependencies', () => {
    const world = two();
    world.wantedEnvironments.set('two', {});
    expect(ran(world)).toEqual(['up network.release.ts r1 deploy/two', 'up app.release.ts r1 deploy/two']);
  });

  test('that go are torn down in reverse order before their document goes', () => {
    const world = two();
    world.wantedEnvironments.delete('one');
    const fails = world.settle(() => 'failed');
    expect([fails.length, world.environments.has('one')]).toEqual([1, true]);
    expect(waitsFor(world).toSorted()).toEqual(['r1 deploy/one failed', 'r1 deploy/one order']);
    world.retry(app, 1);
    expect(ran(world)).toEqual(['down app.release.ts r1 deploy/one', 'down network.release.ts r1 deploy/one']);
    expect([world.environments.has('one'), world.package(app).intent.deployments]).toEqual([false, {}]);
  });

  test('that are made again under the same name get everything again', () => {
    const world = two();
    world.wantedEnvironments.delete('one');
    world.settle();
    world.wantedEnvironments.set('one', { type: 'staging' });
    world.settle();
    world.newRelease(network);
    world.newRelease(app);
    world.settle();
    expect([world.deployed(network, 'one'), world.deployed(app, 'one')]).toEqual([2, 2]);
  });

  test('whose attributes change redeploy what uses them', () => {
    const world = worldOf({ s: 'staging' }, () => [
      deploys(['s'], { inputs: { environment: { ref: '@/environment/s' } } }),
    ]);
    world.newRelease(app);
    world.settle();
    world.wantedEnvironments.set('s', { type: 'staging', region: 'eu' });
    expect(world.settle()).toEqual([`up ${app} r1 deploy/s`]);
  });
});

test('an output that changes redeploys whoever uses it', () => {
  const world = worldOf({ s: 'staging' }, () => [
    deploys(['s'], { inputs: { vpc: { ref: `${network}/@/deploy/s#output/image` } } }),
  ]);
  world.addPackage(network, () => [deploys(['s'])]);
  world.newRelease(network);
  world.newRelease(app);
  world.settle();
  world.newRelease(network);
  expect(world.settle()).toEqual([`up ${network} r2 deploy/s`, `up ${app} r1 deploy/s`]);
});

test('a deployment whose intent is removed gets its down, and is not deployed again by the same release', () => {
  const world = worldOf({ s: 'staging', p: 'prod' }, () => [
    deploys(['s']),
    deploys(['p'], { inputs: { go: { ref: '@/custom/go' } } }),
  ]);
  world.newRelease(app);
  world.settle();
  world.removeIntent(app, 's');
  expect(world.settle()).toEqual([`down ${app} r1 deploy/s`]);
  expect([world.deployed(app, 's'), world.settle()]).toEqual([undefined, []]);
});

test('an environment that is removed frees the releases that wait for it', () => {
  const world = worldOf({ s1: 'staging', s2: 'staging', p: 'prod' });
  world.newRelease(app);
  world.settle(({ item: key }) => (key === 'deploy/s1' ? 'failed' : 'complete'));
  world.wantedEnvironments.delete('s1');
  world.retry(app, 1);
  world.settle();
  expect([world.deployed(app, 'p'), standing(world, 1)]).toEqual([1, 'complete']);
});

describe('a deployment whose input has changed', () => {
  const size = { size: { ref: '@/custom/size' } };
  /** Staging without gates, and production with these, at the size 1. */
  function deployed(gates: readonly Gate[]): World {
    const world = worldOf({ s: 'staging', p: 'prod' }, () => [
      deploys(['s'], { inputs: size }),
      deploys(['p'], { inputs: size, gates: [...gates] }),
    ]);
    world.wantedCustom.set('@/custom/size', 1);
    world.newRelease(app);
    world.settle();
    return world;
  }
  function approve(world: World, gates: readonly Gate[], value: number): void {
    const of = world.package(app);
    const approval: Approval = {
      release: 1,
      item: 'deploy/p',
      signature: approvalSignature('deploy/p', gates, { size: value }),
      decision: 'approved' as const,
      bypass: [],
      reason: '',
      written: world.written,
    };
    of.intent = { ...of.intent, approvals: [...of.intent.approvals, approval] };
  }
  const change = (world: World, value: number) => {
    world.wantedCustom.set('@/custom/size', value);
    return world.settle();
  };
  const [atS, atP] = ['s', 'p'].map((name) => `up ${app} r1 deploy/${name}`);

  test('waits for another approval: the one before was for other inputs', () => {
    const gates: readonly Gate[] = [{ is: 'approval' }];
    const world = deployed(gates);
    approve(world, gates, 1);
    expect([world.settle(), standing(world, 1)]).toEqual([[atP], 'complete']);
    expect(change(world, 2)).toEqual([atS]);
    expect(world.next().waiting).toMatchObject([
      { release: 1, item: 'deploy/p', kind: 'approval', hint: `op approve ${app}/@r1/deploy/p` },
    ]);
    approve(world, gates, 2);
    expect(world.settle()).toEqual([atP]);
    // What was approved before is approved.
    expect(change(world, 1)).toEqual([atS, atP]);
  });

  test('waits for its time, and its checks are asked again', () => {
    const window: Gate = {
      is: 'window',
      zone: 'UTC',
      days: ['Fri'],
      from: '09:00',
      to: '17:00',
      except: [],
    };
    const world = deployed([window, { is: 'check', name: 'errors', milliseconds: 60_000 }]);
    expect(world.deployed(app, 'p')).toBe(1);
    world.now = new Date('2026-11-27T20:00:00Z');
    expect(change(world, 2)).toEqual([atS]);
    expect(waitsFor(world)).toEqual(['r1 deploy/p window']);
    world.now = new Date('2026-12-04T12:00:00Z');
    expect(world.settle()).toEqual([`check ${app} r1 check/deploy/p/errors`, atP]);
  });

  test('waits for the end of a hold, of its package or of the environment', () => {
    const world = deployed([]);
    const of = world.package(app);
    of.intent = { ...of.intent, holds: { s: { reason: 'incident 7', written: world.written } } };
    world.heldEnvironments.set('p', { reason: 'freeze', written: world.written });
    expect([change(world, 2), waitsFor(world)]).toEqual([[], ['r1 deploy/s hold', 'r1 deploy/p hold']]);
    of.intent = { ...of.intent, holds: {} };
    world.heldEnvironments.clear();
    expect(world.settle()).toEqual([atS, atP]);
  });

  test('after a failure needs another approval, too; a rollback does not', () => {
    const gates: readonly Gate[] = [{ is: 'approval' }];
    const world = deployed(gates);
    approve(world, gates, 1);
    world.settle(() => 'failed');
    expect([world.deployed(app, 'p'), standing(world, 1)]).toEqual([undefined, 'failed']);
    expect(change(world, 2)).toEqual([atS]);
    expect(waitsFor(world)).toEqual(['r1 deploy/p approval']);
    world.now = new Date(world.now.getTime() + 1000);
    world.wantRelease(app, 'p', 1);
    expect(world.settle()).toEqual([atP]);
  });
});

test('a plan that cannot be followed is told, and all other packages go on', () => {
  const world = worldOf({ s: 'staging' });
  world.addPackage(network, () => [deploys(['s'], { gates: [{ is: 'soak', milliseconds: 9e15 }] })]);
  world.newRelease(network);
  world.newRelease(app);
  expect(world.settle()).toEqual([`call ${app} r1 task/build`, `up ${app} r1 deploy/s`]);
  expect(world.next().waiting).toMatchObject([
    {
      package: network,
      release: 1,
      item: 'deploy/s',
      kind: 'failed',
      for: expect.stringContaining('its plan cannot be followed'),
      hint: `op release abandon ${network}/@r1`,
    },
  ]);
});
