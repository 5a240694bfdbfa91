/** Runs the examples on the test cluster and puts what `tkn` prints of them into docs/logs.md, under the headings that are there. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startBuildKit } from './buildkit.js';
import { projectRoot } from './command.js';
import { createSite, finish, removeSite } from './deliver-run.js';
import { builder, fourFiles, mirrors, pushBases } from './four.js';
import { commitFiles, readCommitted } from './repository.js';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  gitService,
  privateRegistryService,
  registryForPods,
  registryService,
  removeNamespace,
  removeRepository,
} from './rig.js';
import { buildPushRun, redirected } from './sample.js';

const page = join(projectRoot, 'docs/logs.md');

/** What a heading has below it: the lines of one run. */
type Captured = readonly [heading: string, log: string];

async function run(namespace: string, manifest: string, succeeds: boolean): Promise<string> {
  const { outcome, log } = await finish(await createRun(namespace, manifest));
  if (outcome.succeeded !== succeeds) throw new Error(`it ended with ${outcome.reason}: ${outcome.message}\n${log}`);
  return log;
}

async function builds(): Promise<readonly Captured[]> {
  const namespace = await createNamespace('docs');
  const [buildkit] = await Promise.all([startBuildKit(), pushBases(), applyDist(namespace)]);
  await buildkit.clientSecret(namespace);
  const four = await createRepository(`four-${namespace}`, await fourFiles());
  try {
    const example = redirected(await readFile(join(projectRoot, 'examples/build-push.yaml'), 'utf8'), namespace);
    const engines = buildPushRun({
      params: {
        url: four.url,
        repository: `${registryForPods}/${namespace}`,
        builder,
        'buildkit-host': buildkit.address,
        'image-mirrors': mirrors,
      },
      workspaces: {
        source: { volumeClaimTemplate: { storage: '1Gi' } },
        'buildkit-client': { secret: 'buildkit-client' },
      },
    });
    const url = `${gitService}/shop.git`;
    const unknown = { params: { url, repository: `${registryService}/${namespace}`, revision: 'no-such-branch' } };
    const denied = {
      params: {
        url,
        repository: `${privateRegistryService}/${namespace}`,
        'insecure-registries': privateRegistryService,
      },
    };
    return [
      ['## A first run', await run(namespace, example, true)],
      ['## The same commit again', await run(namespace, example, true)],
      ['## Dockerfiles and buildpacks', await run(namespace, engines, true)],
      ['## An unknown revision', await run(namespace, buildPushRun(unknown), false)],
      ['## A registry that denies access', await run(namespace, buildPushRun(denied), false)],
    ];
  } finally {
    await Promise.all([removeNamespace(namespace), removeRepository(four)]);
  }
}

async function deliveries(): Promise<readonly Captured[]> {
  const site = await createSite('docs');
  const deliver = async (revision: string, succeeds: boolean, how?: 'continuing') => {
    const { outcome, log } = await finish(await site.start(revision, 'pp', how));
    if (outcome.succeeded !== succeeds) throw new Error(`it ended with ${outcome.reason}: ${outcome.message}\n${log}`);
    // build and publish look as in the runs of build-push.
    return log.slice(log.indexOf('[to-dev : '));
  };
  try {
    const first = await deliver(site.app.commit, true);
    const again = await deliver(site.app.commit, true, 'continuing');
    const manifests = await readCommitted(site.fleet.git, 'dev/shop.yaml');
    const broken = manifests.replace('  values:\n', '  values:\n    test: { path: /missing }\n');
    await commitFiles(site.fleet.git, { 'dev/shop.yaml': broken });
    const failing = await deliver(await site.commit('a page that its tests do not like'), false);
    return [
      ['### To dev and pp', first],
      ['### The same commit again', again],
      ['### A failing gate', failing],
    ];
  } finally {
    await removeSite(site);
  }
}

/** The page with the first block of code after each heading replaced. */
function withLogs(text: string, captured: readonly Captured[]): string {
  return captured.reduce((before, [heading, log]) => {
    const at = before.indexOf(`\n${heading}\n`);
    const [start, end] = [
      before.indexOf('\n```\n', at) + 5,
      before.indexOf('\n```\n', before.indexOf('\n```\n', at) + 5),
    ];
    if (at < 0 || end < 0) throw new Error(`docs/logs.md has no block of code under "${heading}"`);
    return before.slice(0, start) + log.trimEnd() + before.slice(end);
  }, text);
}

const captured = [...(await builds()), ...(await deliveries())];
await writeFile(page, withLogs(await readFile(page, 'utf8'), captured));
