import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtDigests, createSite, finish, removeSite, type Site } from './deliver-run.js';
import { runningDigests } from './fleet.js';
import { kubectl } from './rig.js';

let site: Site;

beforeAll(async () => {
  site = await createSite('runs');
});
afterAll(() => removeSite(site));

test('two runs for one environment come one after the other, and each verifies its own images', async () => {
  const { fleet, commit, start } = site;
  const revisions = [await commit('left'), await commit('right')];
  const runs = await Promise.all(revisions.map((revision) => start(revision, 'dev')));
  const ends = await Promise.all(runs.map(finish));
  for (const { outcome, log } of ends) expect(outcome, log).toMatchObject({ succeeded: true });
  const waited = ends.filter(({ log }) => /: held by PipelineRun .*; waiting for up to/u.test(log));
  expect(waited, ends.map(({ log }) => log).join('\n')).toHaveLength(1);
  expect(ends.map(({ outcome }) => builtDigests(outcome))).toContainEqual(await runningDigests(fleet, 'dev'));
});

test('a delivery whose pod is killed while it watches continues in another pod', async () => {
  const { fleet, namespace, commit, start } = site;
  const run = await start(await commit('watched twice'), 'dev');
  const selector = `--selector=tekton.dev/pipelineRun=${run.name},tekton.dev/pipelineTask=to-dev`;
  const pod = ['pod', selector, `--namespace=${namespace}`];
  await kubectl(['wait', '--for=create', ...pod, '--timeout=300s'], { timeout: 305_000 });
  const watching =
    '--for=jsonpath={.status.containerStatuses[?(@.name=="step-set-image")].state.terminated.exitCode}=0';
  await kubectl(['wait', watching, ...pod, '--timeout=300s'], { timeout: 305_000 });
  await kubectl(['delete', ...pod, '--force', '--grace-period=0']);
  const { outcome, log } = await finish(run);
  expect(outcome, log).toMatchObject({ succeeded: true });
  // The first pod had pushed the commit: this log is from the second.
  expect(log).toMatch(/\[to-dev : set-image\] already up to date: .* of main/u);
  expect(await runningDigests(fleet, 'dev')).toEqual(builtDigests(outcome));
});
