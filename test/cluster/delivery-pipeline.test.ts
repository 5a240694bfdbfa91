import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtDigests, createSite, finish, removeSite, type Site } from './deliver-run.js';
import { runningDigests } from './fleet.js';
import { commitFiles, readCommitted } from './repository.js';
import { createRun, digest } from './rig.js';
import { pushShop } from './shop.js';

let site: Site;
/** The digests delivered to pp, in order. */
let delivered: string[];

beforeAll(async () => {
  site = await createSite('deliver');
});
afterAll(() => removeSite(site));

test('one run builds the shop and delivers it to dev, pp and prod, with the same digests everywhere', async () => {
  const { fleet, app, start } = site;
  // A release builds what it delivers, whoever pushed an image for this commit before.
  const planted = await pushShop(fleet.repositoryOf('dev'), app.commit.slice(0, 7), 'not built by a release');
  const { outcome, log } = await finish(await start(app.commit, 'prod'));
  expect(outcome, log).toMatchObject({ succeeded: true });
  delivered = builtDigests(outcome);
  expect(outcome.results).toMatchObject({ REUSED_IMAGES: '' });
  for (const { tag } of planted.builds) expect(delivered).not.toContain(tag.split('@')[1]);
  for (const environment of ['dev', 'pp', 'prod']) expect(await runningDigests(fleet, environment)).toEqual(delivered);
  expect(await readCommitted(fleet.git, 'prod/shop.yaml')).toContain(`${fleet.repositoryOf('prod')}/web:`);
  // What tkn prints for two environments fits on a screen; it adds an empty line after each step.
  const lines = log.split('\n').filter((line) => line !== '' && !line.startsWith('[to-prod : '));
  expect(lines.length, log).toBeLessThanOrEqual(50);
  expect(lines.filter((line) => line.length > 160 && !line.includes('] warning: '))).toEqual([]);
});

test('when the helm tests of dev fail, nothing reaches pp; after the fix the next run continues', async () => {
  const { fleet, commit, start } = site;
  const broken = '    test: { path: /missing }\n';
  const manifests = await readCommitted(fleet.git, 'dev/shop.yaml');
  await commitFiles(fleet.git, { 'dev/shop.yaml': manifests.replace('  values:\n', `  values:\n${broken}`) });
  const revision = await commit('a page that its tests do not like');
  const { outcome, log } = await finish(await start(revision, 'pp'));
  expect(outcome, log).toMatchObject({ succeeded: false });
  expect(log).toMatch(/\[to-dev : helm-test\] .*404/u);
  expect(log).not.toContain('[to-pp : ');
  expect(await runningDigests(fleet, 'pp')).toEqual(delivered);
  const tag = revision.slice(0, 7);
  expect(await digest(`${fleet.repositoryOf('pp')}/web:${tag}`)).toBeUndefined();
  expect(await readCommitted(fleet.git, 'pp/shop.yaml')).not.toContain(tag);

  const now = await readCommitted(fleet.git, 'dev/shop.yaml');
  await commitFiles(fleet.git, { 'dev/shop.yaml': now.replace(broken, '') });
  const again = await finish(await start(revision, 'pp', 'continuing'));
  expect(again.outcome, again.log).toMatchObject({ succeeded: true });
  expect(again.log).toContain('already built: ');
  delivered = builtDigests(again.outcome);
  expect(await runningDigests(fleet, 'pp')).toEqual(delivered);
});

test('the examples promote.yaml and watch.yaml, unchanged, deliver the published images to prod and verify them', async () => {
  const { fleet, namespace } = site;
  for (const example of ['promote', 'watch']) {
    const { outcome, log } = await finish(
      await createRun(namespace, await readFile(`examples/${example}.yaml`, 'utf8')),
    );
    expect(outcome, log).toMatchObject({ succeeded: true });
  }
  expect(await runningDigests(fleet, 'prod')).toEqual(delivered);
});
