import type { Environment, Release, Run } from '../../../src/op/releases/documents/shapes.js';
import type { PackageView, Snapshot } from '../../../src/op/releases/next/snapshot.js';
import { type StatusPage, statusPageOf } from '../../../src/op/releases/report/html-page.js';
import { statusOf } from '../../../src/op/releases/report/status.js';

const written = { by: 'ann', at: '2026-11-27T11:00:00.000Z', run: 'test' };

/** What a test asks for. */
interface SampleParts {
  readonly packages: readonly string[];
  readonly environments: readonly string[];
  /** Said wherever a person or a function can say something. */
  readonly said?: string;
}

/** What the documents of a fleet say: each package has release 1 everywhere, and an open release 2 that waits for an approval in the last environment. */
function statusPageWith({ packages, environments, said = 'ann' }: SampleParts): StatusPage {
  const by = { ...written, by: said };
  const all = environments.map((name): Environment => ({ name, attributes: {}, id: name }));
  const views = packages.map((name): PackageView => {
    const plan: Release['plan'] = {
      name: 'shop',
      environments: all,
      phases: [
        { name: `build ${said}`, items: [{ key: 'task/build', inputs: {}, gates: [] }] },
        {
          name: 'deploy',
          items: environments.map((environment, at) => ({
            key: `deploy/${environment}`,
            inputs: {
              image: { ref: `${name}/@r2/task/build#output/image` },
              size: { ref: '@/custom/size', default: said },
              environment: { ref: `@/environment/${environment}` },
            },
            gates: at === environments.length - 1 ? [{ is: 'approval', by: [said] }] : [],
          })),
        },
      ],
    };
    const run = (item: string, does: Run['does'], more: Partial<Run> = {}): Run => ({
      item,
      number: 1,
      does,
      status: 'complete',
      ...(does === 'up' ? { environment: item.slice('deploy/'.length), serial: 2 } : {}),
      why: 'release',
      inputs: {},
      output: { image: 'x' },
      started: by,
      ended: '2026-11-27T11:00:03.000Z',
      ...more,
    });
    const release = (number: number, standing: Release['standing'], runs: readonly Run[]): Release => ({
      ref: `${name}/@r${number}`,
      package: name,
      number,
      commit: '0123456789abcdef0123456789abcdef01234567',
      plan,
      created: by,
      standing,
      runs: [...runs],
      written,
    });
    const ups = environments.slice(0, -1).map((environment) => run(`deploy/${environment}`, 'up'));
    const failed = run('task/build', 'call', { status: 'retried', error: said });
    const two = release(2, 'open', [failed, run('task/build', 'call', { number: 2 }), ...ups]);
    const deployment = (environment: string, at: number) => ({
      serial: 2,
      environment,
      highest: 2,
      current: { release: at === environments.length - 1 ? 1 : 2, run: 1, inputs: {}, output: {}, since: by },
      history: [],
    });
    const deployments = Object.fromEntries(environments.map((one, at) => [one, deployment(one, at)]));
    const end = { release: 2, run: 2, output: { image: 'x' }, since: by };
    const wanted = environments.map((one, at) => [one, { release: at === environments.length - 1 ? 1 : 2, written }]);
    return {
      name,
      document: { ref: name, newest: 2, open: [2], deployments, tasks: { build: end }, written },
      intent: {
        ref: name,
        deployments: Object.fromEntries(wanted),
        holds: environments[0] === undefined ? {} : { [environments[0]]: { reason: said, written: by } },
        verdicts: {},
        approvals: [],
        written,
      },
      releases: new Map([
        [1, release(1, 'complete', [])],
        [2, two],
      ]),
    };
  });
  const snapshot: Snapshot = {
    now: new Date('2026-11-28T12:00:00Z'),
    environments: new Map(all.map((one) => [one.name, one])),
    wantedEnvironments: new Map(all.map((one) => [one.name, {}])),
    heldEnvironments: new Map(),
    custom: new Map(),
    wantedCustom: new Map(),
    packages: new Map(views.map((one) => [one.name, one])),
  };
  return {
    status: statusOf(snapshot),
    now: snapshot.now,
    places: [`the directory /srv/${said}`],
    packages: views.map(({ name, releases }) => ({
      name,
      releases: [...releases.values()].toReversed(),
      count: 3,
      shown: [1, 2],
    })),
    flags: ' --store=directory:/srv/store',
    ready: [`plan ${said}`],
  };
}

/** 50 applications in 20 environments. */
export const fleet = (): StatusPage =>
  statusPageWith({
    packages: Array.from({ length: 50 }, (_, at) => `git.example.com/acme/shop-${at}/-/deploy/shop.release.ts`),
    environments: Array.from({ length: 20 }, (_, at) => `site-${at}`),
  });

/** The page of a store in which this text stands for every name, and is said by everybody: more than op would take for a name. */
export function hostileHtml(text: string): string {
  const word = 'placeholder';
  const page = statusPageWith({
    packages: [`h.io/o/r/-/${word}.release.ts`],
    environments: [word, 'prod'],
    said: word,
  });
  const made = JSON.stringify({ ...page, flags: ` --store=${word}` }, (_, value) =>
    typeof value === 'string' ? value.replaceAll(word, () => text) : value,
  );
  return statusPageOf({ ...JSON.parse(made), now: page.now });
}

/** The page of a sample. */
export const sampleHtml = (parts: SampleParts): string => statusPageOf(statusPageWith(parts));
