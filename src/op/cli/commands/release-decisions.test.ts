import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

/** `up` fails while there is a file `broken` in the home directory. */
const shop = `
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { approval, release, soak, withDefault } from 'octopipeline/release';

const at = (name: string) => join(process.env.HOME ?? '', name);
export default release('shop', ({ environments, phase, deploy, custom }) => {
  for (const type of ['staging', 'production']) {
    phase(type, environments().where({ type }).map((environment) =>
      deploy(environment, {
        inputs: { size: withDefault(custom<number>('size'), 1) },
        gates: type === 'production' ? [approval({ by: ['ann'] })] : [],
        up: ({ inputs, release }) => {
          appendFileSync(at('log'), ['up', environment.name, release.name, inputs.size].join(' ') + '\\n');
          if (existsSync(at('broken'))) throw new Error('no room');
        },
        down: () => appendFileSync(at('log'), 'down ' + environment.name + '\\n'),
      }),
    ));
  }
});
`;
const repo = `
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from 'octopipeline/release';

export default repository({
  alias: 'shop',
  trigger: async ({ commit, exec }) => {
    await exec('node', ['-e', "require('fs').appendFileSync(process.argv[1], 'job ' + process.argv[2] + '\\\\n')", join(process.env.HOME ?? '', 'log'), commit]);
    if (existsSync(join(process.env.HOME ?? '', 'away'))) throw new Error('CI is away');
  },
});
`;
const environments = `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => {
  registerEnvironment('dev', { type: 'staging' });
  registerEnvironment('prod', { type: 'production' });
});
`;
const name = 'shop/-/shop.release.ts';

let box: ReleaseSandbox;
let commit: string;
beforeAll(async () => {
  box = await releaseSandbox();
}, 120_000);
afterAll(() => box.dispose());

const log = () => join(box.home, 'log');
/** The lines that functions and the trigger wrote in this test. */
const ran = async () => (await readFile(log(), 'utf8')).split('\n').filter((line) => line !== '');
beforeEach(() => writeFile(log(), ''));

/** Runs op, which has to end with an exit code. @returns what it printed */
async function ends(exitCode: number, ...args: readonly string[]): Promise<string> {
  const ran = await box.op(...args);
  const said = `${ran.stdout}\n${ran.stderr}`;
  expect([`op ${args.join(' ')}`, ran.exitCode, said]).toEqual([`op ${args.join(' ')}`, exitCode, expect.anything()]);
  return said;
}

const statusOf = async () => JSON.parse(await box.must('status', '--output=json'));
const standings = async () =>
  JSON.parse(await box.must('release', 'list', '--output=json')).map(
    ({ number, standing }: { number: number; standing: string }) => `r${number} ${standing}`,
  );

test('a repository without a commit is told to commit', async () => {
  await box.write({ 'shop.release.ts': shop, 'environments.release.ts': environments, 'octopipeline.repo.ts': repo });
  expect(await ends(3, 'release', 'new', 'shop.release.ts')).toMatch(/has no commit\n.*\n.*commit its files/u);
  expect(await ends(3, 'release', 'show', 'shop.release.ts')).toContain('has no commit');
  commit = await box.commit();
}, 60_000);

test('reject says no with a reason, by those who may, and approve changes it', async () => {
  await box.must('release', 'new', 'environments.release.ts');
  await box.must('release', 'new', 'shop.release.ts');
  const item = 'shop.release.ts/@r1/deploy/prod';
  expect(await ends(2, 'reject', item, '--bypass=soak')).toContain("unknown option '--bypass=soak'");
  expect(await ends(2, 'reject')).toContain('needs an item');
  expect(await ends(3, 'reject', 'shop.release.ts/@r1')).toContain('a decision is about an item');
  expect(await ends(3, 'reject', 'shop.release.ts/@r1/deploy/dev')).toContain('it has no gates');
  expect(await ends(3, 'reject', 'shop.release.ts/@r1/deploy/none')).toContain('the release has no such item');
  expect(await ends(6, 'reject', 'shop.release.ts/@r9/deploy/prod')).toContain('there is no release');
  expect(await ends(3, 'approve', item, '--bypass=soak')).toContain('it has no gate soak to pass by; it has approval');
  expect(await ends(0, 'reject', item, '--reason=too late')).toContain(`op release abandon ${name}/@r1 ends it`);
  expect(await ends(0, 'work', 'any')).toContain('ann rejected it (too late)');
  expect(await ran()).toEqual(['up dev r1 1']);
  const looked = await ends(0, 'approve', item, '--look');
  expect(looked).toContain('its inputs: size=1');
  const digest = /--for=([0-9a-f]{64})\n/u.exec(looked)?.[1] ?? '';
  expect(await ends(0, 'work', 'any')).toContain('ann rejected it (too late)');
  expect(await ends(6, 'approve', item, `--for=${'0'.repeat(64)}`)).toContain('has changed since --for was printed');
  expect(await ends(0, 'approve', item, `--for=${digest}`)).toMatch(
    /its inputs: size=1 environment=\{"name":"prod",.*\}\n/u,
  );
  await box.must('work', 'any');
  expect(await ran()).toEqual(['up dev r1 1', 'up prod r1 1']);
  expect(await ends(3, 'reject', item)).toContain('it was done already');
  const intent = JSON.parse(await box.must('state', 'get', '--intent', 'shop.release.ts/@/deploy/prod'));
  expect(intent).toMatchObject({ release: 'r1', hold: null, written: { by: 'ann' } });
}, 120_000);

test('what has failed runs again when somebody says retry, and only then', async () => {
  await appendFile(join(box.home, 'broken'), '');
  expect(await ends(6, 'release', 'retry', 'shop.release.ts')).toContain('nothing of');
  expect(await ends(4, 'release', 'new', 'shop.release.ts', '--force')).toContain(`op release retry ${name}/@r2`);
  expect(await ends(0, 'work', 'any')).toContain('its up failed (no room)');
  expect(await ends(4, 'release', 'retry', 'shop.release.ts')).toContain('no room');
  expect(await ran()).toEqual(['up dev r2 1', 'up dev r2 1']);
  const { runs } = JSON.parse(await box.must('release', 'show', 'shop.release.ts', '--output=json'));
  expect(runs.map(({ status }: { status: string }) => status)).toEqual(['retried', 'failed']);
}, 120_000);

test('an abandoned release is over: nothing waits for it, and what was there is wanted again', async () => {
  expect(await ends(6, 'release', 'abandon', 'shop.release.ts/@r1')).toContain('it is complete');
  await box.must('release', 'abandon', 'shop.release.ts/@r2', '--reason=no room');
  await rm(join(box.home, 'broken'));
  expect(await standings()).toEqual(['r2 abandoned', 'r1 complete']);
  expect(await ends(0, 'work', 'any')).toContain('nothing is left to do');
  expect(await ends(6, 'release', 'retry', 'shop.release.ts/@r2')).toContain('ann said that it is abandoned (no room)');
  expect(await ends(6, 'release', 'abandon', 'shop.release.ts/@r2')).toContain('it is abandoned');
  await box.must('state', 'set', '@/custom/size', '2');
  const item = 'shop.release.ts/@r1/deploy/prod';
  expect(await ends(0, 'work', 'any')).toContain(`-> op approve ${name}/@r1/deploy/prod`);
  await box.must('approve', item);
  await box.must('work', 'any');
  expect(await ends(3, 'approve', item)).toContain('it was done already');
  // The old release takes the new value; before, the abandoned one was tried again.
  expect(await ran()).toEqual(['up dev r1 2', 'up prod r1 2']);
  expect((await statusOf()).deployments).toMatchObject([
    { environment: 'dev', release: 'r1', wanted: 'r1', failed: null },
    { environment: 'prod', release: 'r1', wanted: 'r1', failed: null },
  ]);
}, 120_000);

test('a bad release stays bad, and cannot be wanted again', async () => {
  await box.must('release', 'new', 'shop.release.ts', '--force');
  await box.must('release', 'bad', 'shop.release.ts/@r3', '--reason=it loses data');
  expect((await standings())[0]).toBe('r3 bad');
  await box.must('work', 'any');
  expect(await ran()).toEqual(['up dev r3 2', 'up dev r1 2']);
  expect(await ends(6, 'release', 'abandon', 'shop.release.ts/@r3')).toContain('it is bad');
  expect(await ends(6, 'release', 'rollback', 'shop.release.ts', '--to=r3')).toContain('ann said that it is bad');
  expect(await ends(6, 'state', 'set', 'shop.release.ts/@/deploy/dev', '{"release":"r3"}')).toContain('it is bad');
  expect(await ends(6, 'approve', 'shop.release.ts/@r3/deploy/prod')).toContain('does not go on');
}, 120_000);

test('a hold ends at a time that is to come, and its end by hand is said', async () => {
  const hold = ['release', 'hold', 'shop.release.ts', '--environment=dev'] as const;
  expect(await ends(3, ...hold, '--until=5')).toContain('it is not a date and a time with a zone');
  expect(await ends(3, ...hold, '--until=2020-01-01T00:00:00Z')).toContain('that time has passed');
  expect(await ends(6, 'release', 'unhold', 'shop.release.ts')).toContain('it has no hold');
  await box.must(...hold, '--until=2999-01-01T00:00:00+01:00', '--reason=freeze');
  const [dev] = (await statusOf()).deployments;
  expect(dev.held).toContain('until 2998-12-31T23:00:00.000Z (freeze)');
  expect(await ends(2, 'release', 'unhold', 'shop.release.ts', '--until=2999-01-01T00:00:00Z')).toContain('--until');
  expect(await ends(6, 'release', 'unhold', 'shop.release.ts', '--environment=prod')).toContain('it is held in dev');
  await box.must('release', 'unhold', 'shop.release.ts');
  expect((await statusOf()).deployments[0].held).toBeNull();
}, 120_000);

test('environments are changed and held by name', async () => {
  expect(await ends(2, 'environment', 'change', 'dev')).toContain('needs --attribute');
  expect(await ends(3, 'environment', 'change', 'dev', '--attribute=size')).toContain('it is not NAME=VALUE');
  expect(await ends(6, 'environment', 'change', 'none', '--attribute=a=b')).toContain('there is no such environment');
  expect(await ends(6, 'environment', 'hold', 'none')).toContain('there is no environment none');
  expect(await ends(6, 'environment', 'unhold', 'dev')).toContain('environment dev is not held');
  await box.must('environment', 'hold', 'dev', '--reason=freeze');
  expect(JSON.parse(await box.must('environment', 'list', '--output=json'))).toMatchObject([
    { name: 'dev', standing: 'held', deployed: 1 },
    { name: 'prod', standing: 'there', deployed: 1 },
  ]);
  await box.must('release', 'new', 'shop.release.ts', '--force');
  expect(await ran()).toEqual([]);
  expect((await statusOf()).waiting[0]).toMatchObject({ kind: 'hold', hint: 'op environment unhold dev' });
  await box.must('environment', 'unhold', 'dev');
  // Other attributes: what is deployed there is deployed again, by the release that is there, when its gates are open.
  await box.must('environment', 'change', 'prod', '--attribute=region=eu');
  expect(await ends(0, 'work', 'any')).toContain(`-> op approve ${name}/@r1/deploy/prod`);
  await box.must('approve', 'shop.release.ts/@r1/deploy/prod');
  await box.must('work', 'any');
  expect(await ran()).toEqual(['up dev r4 2', 'up prod r1 2']);
  expect(JSON.parse(await box.must('state', 'get', '@/environment/prod'))).toEqual({
    name: 'prod',
    attributes: { type: 'production', region: 'eu' },
  });
}, 120_000);

test('state apply does one wish, and state remove takes back what was wished for', async () => {
  const dev = 'shop.release.ts/@/deploy/dev';
  for (const wrong of ['shop.release.ts/@r1', 'shop.release.ts', `${dev}#output`]) {
    expect(await ends(3, 'state', 'apply', wrong)).toContain('cannot be wanted');
    expect(await ends(3, 'state', 'remove', wrong)).toContain('cannot be wanted');
  }
  expect(await ends(6, 'state', 'apply', '@/custom/typo')).toContain('there is no @/custom/typo');
  expect(await ends(6, 'state', 'remove', '@/custom/typo')).toContain('nobody wants @/custom/typo');
  expect(await ends(3, 'state', 'set', '@/environment/a/b', '{}')).toContain('cannot be the name of an environment');
  expect(await ends(6, 'state', 'set', 'shop.release.ts/@/deploy/typo', '{"release":"r1"}')).toContain(
    'no environment',
  );
  await box.must('state', 'set', '@/custom/size', '3');
  expect(await ends(0, 'state', 'apply', '@/custom/size')).toMatch(/\d more ready, such as up .*: op work any/u);
  expect(await ran()).toEqual([]);
  await box.must('state', 'apply', dev);
  expect(await ran()).toEqual(['up dev r4 3']);
  await box.must('state', 'remove', dev);
  expect(await box.must('state', 'diff')).toBe(`${name}/@/deploy/dev`);
  await box.must('state', 'apply', dev);
  expect(await ran()).toEqual(['up dev r4 3', 'down dev']);
  expect(await ends(6, 'state', 'remove', dev)).toContain('nobody wants');
  await box.must('state', 'remove', '@/custom/size');
  await box.must('state', 'apply', '@/custom/size');
  expect(await ends(6, 'state', 'get', '@/custom/size')).toContain('there is no @/custom/size');
}, 120_000);

test('work trigger starts a job for each commit with work that is ready, also when one cannot start', async () => {
  const next = await box.commit('another');
  await box.must('release', 'new', 'shop.release.ts');
  await box.must('release', 'bad', 'shop.release.ts/@r5');
  await box.must('state', 'set', 'shop.release.ts/@/deploy/dev', '{"release":"r4"}');
  await writeFile(log(), '');
  const shown = await box.must('work', 'trigger', '--dry-run');
  expect(shown).toContain(`git checkout ${commit} && op work continue`);
  expect(shown).toContain(`git checkout ${next} && op work continue`);
  expect(await ran()).toEqual([]);
  await appendFile(join(box.home, 'away'), '');
  expect(await ends(4, 'work', 'trigger')).toMatch(
    /the trigger of octopipeline\.repo\.ts failed for .*\n.*CI is away/u,
  );
  expect((await ran()).toSorted()).toEqual([`job ${commit}`, `job ${next}`].toSorted());
  await rm(join(box.home, 'away'));
  await box.must('work', 'any');
  expect(await ends(0, 'work', 'trigger')).toContain('nothing is ready');
}, 120_000);

test('the plan says which gates nobody may pass by', async () => {
  await box.write({
    'strict.release.ts': `
import { release, soak } from 'octopipeline/release';
export default release('strict', ({ phase, call }) => {
  phase('only', [call('a', { gates: [soak('1h', { bypass: false })], run: () => ({}) })]);
});`,
  });
  expect(await ends(0, 'release', 'preview', 'strict.release.ts')).toContain('soak (no bypass)');
  await box.commit();
  await ends(0, 'release', 'new', 'strict.release.ts');
  const item = 'strict.release.ts/@r1/task/a';
  expect(await ends(3, 'approve', item, '--bypass=soak')).toContain(
    'its plan does not let anybody pass by its gate soak',
  );
});
