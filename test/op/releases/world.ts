import {
  endRun,
  forgetFailures,
  recordRun,
  retryFailed,
  startRun,
  withAway,
  withOpen,
  withStanding,
} from '../../../src/op/releases/changes/changes.js';
import type {
  Environment,
  Hold,
  Intent,
  Package,
  PlanItem,
  Release,
  Run,
  Written,
} from '../../../src/op/releases/documents/shapes.js';
import { nextWork } from '../../../src/op/releases/next/next-work.js';
import {
  claimOf,
  environmentOf,
  type Next,
  type PackageView,
  type RunWork,
  type Snapshot,
  type Work,
} from '../../../src/op/releases/next/snapshot.js';
import type { Json } from '../../../src/op/store/documents/body.js';

/** How a release of a package is planned for the environments that there are. */
export type Planner = (environments: readonly Environment[]) => readonly (readonly PlanItem[])[];

/** Where an attempt to do some work stops. */
export type Ends =
  | 'complete'
  | 'failed'
  | 'killed while it runs'
  | 'killed before it is recorded'
  | 'goes on elsewhere';

interface Mutable {
  document: Package;
  intent: Intent;
  readonly releases: Map<number, Release>;
  readonly plan: Planner;
}

/** The documents in memory, and what workers, commands and people do to them: with the functions that the product uses. */
export class World {
  now = new Date('2026-11-27T12:00:00Z');
  readonly environments = new Map<string, Environment>();
  readonly wantedEnvironments = new Map<string, Environment['attributes']>();
  readonly heldEnvironments = new Map<string, Hold>();
  readonly custom = new Map<string, Json>();
  readonly wantedCustom = new Map<string, Json>();
  readonly packages = new Map<string, Mutable>();
  /** Each function that was called, in order. */
  readonly ran: (RunWork & { readonly ended: Ends })[] = [];
  output: (work: RunWork) => Record<string, Json> = ({ release }) => ({ image: `r${release}` });
  private count = 0;

  get written(): Written {
    return { by: 'ann', at: this.now.toISOString(), run: 'test' };
  }

  snapshot(): Snapshot {
    const { now, environments, wantedEnvironments, heldEnvironments, custom, wantedCustom } = this;
    const packages = new Map([...this.packages].map(([name, one]): [string, PackageView] => [name, { name, ...one }]));
    return { now, environments, wantedEnvironments, heldEnvironments, custom, wantedCustom, packages };
  }

  next(): Next {
    return nextWork(this.snapshot());
  }

  package(name: string): Mutable {
    const found = this.packages.get(name);
    if (found === undefined) throw new Error(`no package ${name}`);
    return found;
  }

  addPackage(name: string, plan: Planner): void {
    const { written } = this;
    const document: Package = { ref: name, newest: 0, open: [], deployments: {}, tasks: {}, written };
    const intent: Intent = { ref: name, deployments: {}, holds: {}, verdicts: {}, approvals: [], written };
    this.packages.set(name, { document, intent, releases: new Map(), plan });
  }

  newRelease(name: string): number {
    const one = this.package(name);
    const number = one.document.newest + 1;
    const { written } = this;
    const created = {
      package: name,
      number,
      commit: 'c',
      created: written,
      standing: 'open',
      runs: [],
      written,
    } as const;
    one.releases.set(number, { ref: `${name}/@r${number}`, ...created, runs: [], plan: this.planOf(name) });
    one.document = withOpen(one.document, number, true, written);
    return number;
  }

  planOf(name: string): Release['plan'] {
    const environments = [...this.environments.values()].filter((one) => this.wantedEnvironments.has(one.name));
    const phases = this.package(name)
      .plan(environments)
      .map((items, index) => ({ name: `phase ${index + 1}`, items: [...items] }));
    return { name, environments, phases };
  }

  retry(name: string, number: number): void {
    const one = this.package(name);
    const release = one.releases.get(number);
    if (release === undefined) return;
    one.releases.set(number, retryFailed(release, this.written));
    one.document = forgetFailures(withOpen(one.document, number, true, this.written), number, this.written);
  }

  removeIntent(name: string, environment: string): void {
    const one = this.package(name);
    const { [environment]: _, ...deployments } = one.intent.deployments;
    one.intent = { ...one.intent, deployments };
  }

  wantRelease(name: string, environment: string, release: number): void {
    const one = this.package(name);
    const deployments = { ...one.intent.deployments, [environment]: { release, written: this.written } };
    one.intent = { ...one.intent, deployments };
  }

  deployed(name: string, environment: string): number | undefined {
    return this.package(name).document.deployments[environment]?.current?.release;
  }

  /** Does all that is ready, again and again. @returns the functions that were called */
  settle(endOf: (work: RunWork) => Ends = () => 'complete'): readonly string[] {
    const from = this.ran.length;
    for (let round = 0; ; round += 1) {
      const [work] = this.next().ready;
      if (work === undefined) break;
      if (round > 2000) throw new Error(`it never comes to rest: ${JSON.stringify(work)}`);
      this.do(work, work.do === 'run' ? endOf(work) : 'complete');
    }
    return this.ran.slice(from).map(({ does, package: name, release, item }) => `${does} ${name} r${release} ${item}`);
  }

  do(work: Work, ends: Ends = 'complete'): void {
    this.now = new Date(this.now.getTime() + 1000);
    const { written } = this;
    if (work.do === 'set-environment') {
      this.count += 1;
      const id = this.environments.get(work.name)?.id ?? `id-${this.count}`;
      this.environments.set(work.name, {
        name: work.name,
        attributes: this.wantedEnvironments.get(work.name) ?? {},
        id,
      });
    } else if (work.do === 'remove-environment') {
      for (const name of this.packages.keys()) this.removeIntent(name, work.name);
      this.environments.delete(work.name);
    } else if (work.do === 'set-custom') this.custom.set(work.ref, this.wantedCustom.get(work.ref) ?? null);
    else if (work.do === 'remove-custom') this.custom.delete(work.ref);
    else this.doInRelease(work, ends, written);
  }

  private doInRelease(work: Extract<Work, { release: number }>, ends: Ends, written: Written): void {
    const one = this.package(work.package);
    const release = one.releases.get(work.release);
    if (release === undefined) throw new Error(`no release ${work.release}`);
    const save = (changed: Release) => void one.releases.set(work.release, changed);
    const open = (is: boolean) => {
      one.document = withOpen(one.document, work.release, is, written);
    };
    if (work.do === 'close') {
      save(withStanding(release, work.as, written));
      open(false);
    } else if (work.do === 'plan') {
      save({ ...release, plan: this.planOf(work.package), standing: 'open' });
      open(true);
    } else if (work.do === 'record') {
      const run = release.runs.findLast(({ item, status }) => item === work.item && status === 'complete');
      if (run !== undefined) one.document = recordRun(one.document, work.release, run, written);
    } else if (work.do === 'collect') this.collect(work, ends, release);
    else this.run(work, ends, release);
  }

  private collect(work: Extract<Work, { do: 'collect' }>, ends: Ends, release: Release): void {
    const one = this.package(work.package);
    const { written } = this;
    const ending =
      ends === 'failed'
        ? ({ status: 'failed', error: 'it broke' } as const)
        : ({
            status: 'complete',
            output: this.output({ ...work, do: 'run', does: 'call', inputs: {}, why: '' }),
          } as const);
    const ended = endRun(release, { item: work.item, number: work.run }, ending, written);
    const run = ended.runs.find(({ item, number }) => item === work.item && number === work.run);
    one.releases.set(work.release, ended);
    if (run !== undefined) one.document = recordRun(one.document, work.release, run, written);
    one.document = withAway(one.document, claimOf(work), undefined, written);
  }

  private run(work: RunWork, ends: Ends, before: Release): void {
    const one = this.package(work.package);
    const { written } = this;
    const environment = environmentOf(work.item);
    const deployment = environment === undefined ? undefined : one.document.deployments[environment];
    const serial = (deployment?.serial ?? 0) + 1;
    const last = before.runs.findLast(({ item }) => item === work.item);
    if (last?.status === 'complete' && last.does === work.does && (last.serial ?? 0) >= serial) {
      one.document = recordRun(one.document, work.release, last, written);
      return;
    }
    const id =
      environment === undefined ? '' : (this.environments.get(environment)?.id ?? deployment?.environment ?? '');
    if (environment !== undefined && work.does === 'up') this.wantRelease(work.package, environment, work.release);
    const started = startRun(
      before,
      work,
      environment === undefined ? undefined : { environment: id, serial },
      written,
    );
    one.releases.set(work.release, started.release);
    this.ran.push({ ...work, ended: ends });
    if (ends === 'goes on elsewhere') {
      const until = this.now.toISOString();
      const away = {
        release: work.release,
        item: work.item,
        run: started.run.number,
        in: 'taskrun/ci/x',
        cluster: '',
        until,
      };
      one.document = withAway(one.document, claimOf(work), away, written);
    }
    if (ends === 'killed while it runs' || ends === 'goes on elsewhere') return;
    const ending =
      ends === 'failed'
        ? ({ status: 'failed', error: 'it broke' } as const)
        : ({ status: 'complete', output: this.output(work) } as const);
    const ended = endRun(started.release, started.run, ending, written);
    one.releases.set(work.release, ended);
    if (ends === 'killed before it is recorded') return;
    const run: Run | undefined = ended.runs.at(-1);
    if (run !== undefined) one.document = recordRun(one.document, work.release, run, written);
    if (ending.status === 'complete' && ended.standing === 'failed') {
      one.releases.set(work.release, withStanding(ended, 'open', written));
      one.document = withOpen(one.document, work.release, true, written);
    }
  }
}
