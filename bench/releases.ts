import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import type { Release, UsedInput } from '../src/op/releases/documents/shapes.js';
import { recordsIn } from '../src/op/releases/records/records.js';
import { openDirectoryStore } from '../src/op/store/directory/directory.js';
import { testContext } from '../test/op/test-context.js';
import { type Benchmark, each, interleave, linear, took, within } from './measure.js';
import { Peak } from './memory.js';

/** Applications, releases of each, and environments in which each application is. */
const applications = 50;
const releasesOfEach = 20;
const environments = Array.from({ length: 20 }, (_, index) => `env-${index}`);
/** The peer has a quarter of the applications. */
const part = 4;

/** `op work any` and `op status` over many releases, when nothing is to be done. */
export const releases: Benchmark = {
  name: 'releases',
  title: `${applications * releasesOfEach} releases of ${applications} applications in ${environments.length} environments, with nothing to do`,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-releases-'));
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      const repository = join(folder, 'repository');
      mkdirSync(repository);
      const git = (...args: readonly string[]) => execa('git', args, { cwd: repository });
      await git('init', '--quiet');
      await git('remote', 'add', 'origin', 'https://git.example.com/acme/apps.git');
      const author = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
      await git(...author, 'commit', '--quiet', '--allow-empty', '--message=first');
      await fill(join(folder, 'all'), applications);
      await fill(join(folder, 'quarter'), Math.round(applications / part));
      mkdirSync(join(folder, 'empty'));
      const run = (store: string, words: readonly string[], watched?: Peak) =>
        took(async () => {
          const args = [op, ...words, `--store=directory:${join(folder, store)}`];
          const child = execa(process.execPath, args, { cwd: repository, stdin: 'ignore', env: { HOME: folder } });
          await (watched === undefined ? child : watched.while(child, 5));
        });
      const any = ['work', 'any'];
      const peak = new Peak();
      const { all, quarter, empty, status } = await interleave(5, {
        all: () => run('all', any, peak),
        quarter: () => run('quarter', any),
        empty: () => run('empty', any),
        status: () => run('all', ['status']),
      });
      const none = { ...empty, label: 'op work any with an empty store' };
      const ours = { ...all, label: 'op work any' };
      return [
        within('op work any with nothing to do', ours, none, 1000),
        within('op status of the same', { ...status, label: 'op status' }, none, 1000),
        linear(
          'time for an application',
          { ...each(all, applications), label: `an application of ${applications}` },
          { ...each(quarter, Math.round(applications / part)), label: 'an application of a quarter of them' },
        ),
        peak.compare('peak memory of op work any', [ours, none]),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Writes a store in which each application has been deployed everywhere by each of its releases. */
async function fill(path: string, count: number): Promise<void> {
  const written = () => ({ by: 'ann', at: '2026-11-27T12:00:00.000Z', run: 'bench' });
  const store = await openDirectoryStore(testContext().context, path);
  const records = recordsIn({ state: store, intent: store }, () => new Date(), written);
  const places = environments.map((name) => ({ name, attributes: { type: 'site' }, id: name }));
  for (const { name, attributes } of places) {
    await records.wantEnvironment(name, attributes);
    await records.setEnvironment(name, () => ({ name, attributes, id: name }));
  }
  const numbers = Array.from({ length: releasesOfEach }, (_, index) => index + 1);
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `git.example.com/acme/apps/-/app-${index}.release.ts`;
      await records.changePackage(name, (found) => ({
        ...found,
        newest: releasesOfEach,
        deployments: Object.fromEntries(
          environments.map((environment) => [
            environment,
            {
              serial: releasesOfEach,
              environment,
              highest: releasesOfEach,
              current: {
                release: releasesOfEach,
                run: 1,
                inputs: inputsOf(environment, releasesOfEach, name),
                output: { url: `https://${environment}` },
                since: written(),
              },
              history: numbers.map((release) => ({ release, at: written().at, by: 'ann' })),
            },
          ]),
        ),
      }));
      await records.changeIntent(name, (found) => ({
        ...found,
        deployments: Object.fromEntries(
          environments.map((environment) => [environment, { release: releasesOfEach, written: written() }]),
        ),
      }));
      for (const number of numbers) await records.createRelease(releaseOf(name, number, places, written()));
    }),
  );
}

/** As a release with `build` and a deployment to each environment is, after its end. */
function releaseOf(name: string, number: number, places: Release['plan']['environments'], written: Release['written']) {
  const image = `${name}/@r${number}/task/build#output/image`;
  const release: Release = {
    ref: `${name}/@r${number}`,
    package: name,
    number,
    commit: '0123456789012345678901234567890123456789',
    plan: {
      name: 'app',
      environments: places,
      phases: [
        { name: 'build', items: [{ key: 'task/build', inputs: {}, gates: [] }] },
        {
          name: 'sites',
          items: places.map((one) => ({
            key: `deploy/${one.name}`,
            inputs: { image: { ref: image }, environment: { ref: `@/environment/${one.name}` } },
            gates: [],
          })),
        },
      ],
    },
    created: written,
    standing: 'complete',
    runs: places.map((one) => ({
      item: `deploy/${one.name}`,
      number: 1,
      does: 'up',
      status: 'complete',
      environment: one.id,
      serial: number,
      why: 'release',
      inputs: inputsOf(one.name, number, name),
      output: { url: `https://${one.name}` },
      started: written,
      ended: written.at,
    })),
    written,
  };
  return release;
}

const inputsOf = (environment: string, release: number, name: string): Record<string, UsedInput> => ({
  image: { ref: `${name}/@r${release}/task/build#output/image`, value: `registry.example.com/app:${release}` },
  environment: {
    ref: `@/environment/${environment}`,
    value: { name: environment, attributes: { type: 'site' } },
  },
});
