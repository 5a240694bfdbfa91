import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ends, World } from '../../../../test/op/releases/world.js';
import type { PlanItem } from '../documents/shapes.js';
import { sameJson } from '../documents/signature.js';
import { runSignature } from './deployments.js';
import { claimOf, environmentOf, type RunWork } from './snapshot.js';

const app = 'h.io/o/r/-/app.release.ts';
const network = 'h.io/o/r/-/network.release.ts';
const names = ['one', 'two', 'three'] as const;
const name = fc.constantFrom(...names);
const file = fc.constantFrom(app, network);
const ends: fc.Arbitrary<Ends> = fc.constantFrom(
  'complete',
  'complete',
  'complete',
  'failed',
  'killed while it runs',
  'killed before it is recorded',
  'goes on elsewhere',
  'goes on elsewhere',
);

/** What people, CI and workers do, in any order. */
const step = fc.oneof(
  { weight: 30, arbitrary: fc.record({ is: fc.constant('work' as const), pick: fc.nat(50), ends }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('release' as const), file }) },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('environment' as const), name, type: fc.constantFrom('a', 'b', 'gone') }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('custom' as const), value: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('remove intent' as const), file, name }) },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant('roll back' as const), file, name, to: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant('bad' as const), file, number: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('hold' as const), file, name, held: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant('retry' as const), file, number: fc.integer({ min: 1, max: 5 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const item = (key: string, inputs: PlanItem['inputs'] = {}): PlanItem => ({
  key,
  inputs,
  gates: key === 'deploy/two' ? [{ is: 'check', name: 'smoke', milliseconds: 1000 }] : [],
});

function newWorld(): World {
  const world = new World();
  world.addPackage(network, (environments) => [[], environments.map((one) => item(`deploy/${one.name}`))]);
  // A phase for each type; the middle one is always empty.
  world.addPackage(app, (environments) => [
    [item('task/build')],
    ...['a', 'none', 'b'].map((type) =>
      environments
        .filter(({ attributes }) => attributes.type === type)
        .map((one) =>
          item(`deploy/${one.name}`, {
            vpc: { ref: `${network}/@/deploy/${one.name}#output/image` },
            size: { ref: '@/custom/size', default: 0 },
            environment: { ref: `@/environment/${one.name}` },
          }),
        ),
    ),
  ]);
  for (const [name, type] of [
    ['one', 'a'],
    ['two', 'b'],
  ] as const)
    world.wantedEnvironments.set(name, { type });
  world.settle();
  world.newRelease(network);
  world.newRelease(app);
  return world;
}

function take(world: World, one: Step): void {
  switch (one.is) {
    case 'work': {
      const { ready } = world.next();
      const work = ready[one.pick % Math.max(1, ready.length)];
      if (work === undefined) return;
      if (work.do === 'run') checkRun(world, work);
      if (work.do === 'remove-environment') {
        for (const { document } of world.packages.values())
          expect(document.deployments[work.name]?.current).toBeUndefined();
      }
      world.do(work, one.ends);
      return;
    }
    case 'release':
      if (world.package(one.file).document.newest < 6) world.newRelease(one.file);
      return;
    case 'environment':
      if (one.type === 'gone') world.wantedEnvironments.delete(one.name);
      else world.wantedEnvironments.set(one.name, { type: one.type });
      return;
    case 'custom':
      world.wantedCustom.set('@/custom/size', one.value);
      return;
    case 'remove intent':
      world.removeIntent(one.file, one.name);
      return;
    case 'roll back':
      if (world.deployed(one.file, one.name) !== undefined && world.package(one.file).releases.has(one.to))
        world.wantRelease(one.file, one.name, one.to);
      return;
    case 'bad': {
      const of = world.package(one.file);
      const verdict = { is: 'bad', reason: '', written: world.written } as const;
      of.intent = { ...of.intent, verdicts: { ...of.intent.verdicts, [one.number]: verdict } };
      return;
    }
    case 'hold': {
      const of = world.package(one.file);
      const { [one.name]: _, ...others } = of.intent.holds;
      of.intent = {
        ...of.intent,
        holds: one.held ? { ...others, [one.name]: { reason: '', written: world.written } } : others,
      };
      return;
    }
    case 'retry':
      world.retry(one.file, one.number);
  }
}

/** What must be true of each function that is called. */
function checkRun(world: World, work: RunWork): void {
  const of = world.package(work.package);
  const environment = environmentOf(work.item);
  const release = of.releases.get(work.release);
  const deployment = environment === undefined ? undefined : of.document.deployments[environment];
  // What has failed is not tried again with the same inputs.
  expect(deployment?.failed?.signature).not.toBe(runSignature(work));
  if (work.does === 'up' && environment !== undefined) {
    expect(world.environments.has(environment) && world.wantedEnvironments.has(environment)).toBe(true);
    expect(of.intent.verdicts[work.release]).toBeUndefined();
    if (work.why === 'release') {
      const id = world.environments.get(environment)?.id;
      if (deployment?.environment === id) expect(work.release).toBeGreaterThanOrEqual(deployment?.highest ?? 0);
      expect(of.intent.holds[environment]).toBeUndefined();
    }
  }
  if (work.why === 'release' && work.item === 'deploy/two') {
    const passed = release?.runs.some(
      ({ item, status, inputs }) =>
        item === 'check/deploy/two/smoke' && status === 'complete' && sameJson(inputs, work.inputs),
    );
    expect(passed).toBe(true);
  }
  if (work.why === 'release') {
    const phase = release?.plan.phases.findIndex(({ items }) => items.some(({ key }) => key === work.item)) ?? 0;
    for (const { items } of release?.plan.phases.slice(0, phase) ?? []) {
      for (const { key } of items) {
        const there = environmentOf(key);
        const planned = release?.plan.environments.find((known) => known.name === there);
        const isGone =
          there !== undefined &&
          (!world.wantedEnvironments.has(there) || world.environments.get(there)?.id !== planned?.id);
        const done = release?.runs.some((run) => run.item === key && run.does !== 'down' && run.status === 'complete');
        expect(isGone || done).toBe(true);
      }
    }
  }
  if (work.does === 'down' && work.package === network && environment !== undefined) {
    // What needs it and goes, too, has gone before.
    const user = world.package(app).document.deployments[environment]?.current;
    const stays =
      world.wantedEnvironments.has(environment) && world.package(app).intent.deployments[environment] !== undefined;
    expect(user === undefined || stays).toBe(true);
  }
}

test('whatever happens in whatever order, the rules hold, and it all comes to rest', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const world = newWorld();
      for (const one of steps) {
        take(world, one);
        const claims = world
          .next()
          .ready.flatMap((work) =>
            work.do === 'run' && work.does !== 'call' && work.does !== 'check' ? [`${work.package} ${work.item}`] : [],
          );
        expect(new Set(claims).size).toBe(claims.length);
        const away = [...world.packages.values()].flatMap(({ document }) => Object.keys(document.away ?? {}));
        const begun = world.next().ready.flatMap((work) => (work.do === 'run' ? claimOf(work) : []));
        expect(begun.filter((claim) => away.includes(claim))).toEqual([]);
      }
      world.settle();
      expect(world.custom).toEqual(world.wantedCustom);
      for (const [of, { document, intent }] of world.packages) {
        for (const [environment, { current, failed }] of Object.entries(document.deployments)) {
          if (failed !== undefined) continue;
          const wanted = intent.deployments[environment];
          if (current !== undefined)
            expect([of, environment, world.environments.has(environment), wanted !== undefined]).toEqual([
              of,
              environment,
              true,
              true,
            ]);
        }
      }
      expect(world.settle()).toEqual([]);
    }),
    { numRuns: Number(process.env.OP_RUNS ?? 100) },
  );
}, 120_000);

test('without failures, everything that people want happens', () => {
  const calm = step.filter((one) => !['bad', 'hold', 'roll back', 'remove intent'].includes(one.is));
  fc.assert(
    fc.property(fc.array(calm, { maxLength: 100 }), (steps) => {
      const world = newWorld();
      for (const one of steps)
        take(world, one.is === 'work' && one.ends === 'failed' ? { ...one, ends: 'complete' } : one);
      world.newRelease(network);
      world.newRelease(app);
      world.settle();
      expect([...world.environments.keys()].toSorted()).toEqual([...world.wantedEnvironments.keys()].toSorted());
      for (const of of [network, app]) {
        const { newest } = world.package(of).document;
        for (const environment of names) {
          const expected = world.wantedEnvironments.has(environment) ? newest : undefined;
          expect([of, environment, world.deployed(of, environment)]).toEqual([of, environment, expected]);
        }
      }
    }),
    { numRuns: Number(process.env.OP_RUNS ?? 100) },
  );
}, 120_000);
