import type { Json } from '../../store/documents/body.js';
import type { Documents } from '../../store/documents/documents.js';
import type { Store } from '../../store/documents/store.js';
import { withOpen } from '../changes/changes.js';
import { folders, placeOf, releasePlace, releasesOf } from '../documents/place.js';
import {
  customShape,
  type Environment,
  type EnvironmentDocument,
  environmentShape,
  type Hold,
  type Intent,
  intentShape,
  type Package,
  packageShape,
  type Release,
  releaseShape,
  type Written,
} from '../documents/shapes.js';
import { valueNow } from '../next/inputs.js';
import type { PackageView, Snapshot } from '../next/snapshot.js';
import { bodyOf, changeOne, readAll, readOne } from './change.js';
import { loadReleases } from './load-releases.js';

/** The stores of state and of intent: two, or the same one. */
export interface Stores {
  readonly state: Store;
  readonly intent: Store;
}

/** What op remembers of releases: every change is made at the revision that was read. */
export interface Records {
  readonly stores: Stores;
  /** Reads only: whoever may see the documents may call it. */
  readonly snapshot: () => Promise<Snapshot>;
  /** The value that a reference has now; undefined when there is none. @throws OpError (input) */
  readonly valueNow: (reference: string) => Promise<Json | undefined>;
  readonly release: (name: string, number: number) => Promise<Release | undefined>;
  readonly releases: (name: string) => Promise<readonly Release[]>;
  /** Of all packages, in one look: a cluster lists everything whenever it lists something. */
  readonly allReleases: () => Promise<readonly Release[]>;
  /** `conflict`: there is a release of this number. */
  readonly createRelease: (release: Release) => Promise<'created' | 'conflict'>;
  readonly changeRelease: (name: string, number: number, change: (found: Release) => Release) => Promise<Release>;
  readonly changePackage: (name: string, change: (found: Package) => Package) => Promise<Package>;
  readonly changeIntent: (name: string, change: (found: Intent) => Intent) => Promise<Intent>;
  /** Of state; undefined removes it. */
  readonly setEnvironment: (
    name: string,
    change: (found: Environment | undefined) => Environment | undefined,
  ) => Promise<void>;
  /** Of intent; undefined removes it. */
  readonly wantEnvironment: (name: string, attributes: Environment['attributes'] | undefined) => Promise<void>;
  /** Of intent, unless it is there. @returns the attributes that are wanted then */
  readonly addEnvironment: (name: string, attributes: Environment['attributes']) => Promise<Environment['attributes']>;
  /** Of intent; undefined ends a hold. */
  readonly holdEnvironment: (name: string, hold: Hold | undefined) => Promise<void>;
  readonly setCustom: (where: 'state' | 'intent', ref: string, value: Json | undefined) => Promise<void>;
}

/** @param written who writes, now */
export function recordsIn(stores: Stores, now: () => Date, written: () => Written): Records {
  const { state, intent } = stores;
  const emptyPackage = (name: string): Package => ({
    ref: name,
    newest: 0,
    open: [],
    deployments: {},
    tasks: {},
    written: written(),
  });
  const emptyIntent = (name: string): Intent => ({
    ref: name,
    deployments: {},
    holds: {},
    verdicts: {},
    approvals: [],
    written: written(),
  });
  const changePackage: Records['changePackage'] = async (name, change) =>
    (await changeOne(state, packageShape, placeOf(folders.packages, name), (found) =>
      change(found ?? emptyPackage(name)),
    )) ?? emptyPackage(name);
  const release = (name: string, number: number) => readOne(state, releaseShape, releasePlace(name, number));
  const changeEnvironment = (
    documents: Documents,
    folder: 'environments' | 'wantedEnvironments',
    name: string,
    change: (found: EnvironmentDocument | undefined) => Omit<EnvironmentDocument, 'ref' | 'written'> | undefined,
  ) => {
    const ref = `@/environment/${name}`;
    return changeOne(documents, environmentShape, placeOf(folders[folder], ref), (found) => {
      const after = change(found);
      if (after === undefined || after === found) return after === undefined ? undefined : found;
      return { ...after, ref, written: written() };
    });
  };
  const records: Records = {
    stores,
    release,
    releases: async (name) =>
      (await readAll(state, releaseShape, releasesOf(name))).toSorted((a, b) => a.number - b.number),
    allReleases: async () =>
      (await readAll(state, releaseShape, folders.releases)).toSorted((a, b) => a.number - b.number),
    createRelease: async (created) => {
      const made = await state.create(releasePlace(created.package, created.number), bodyOf(created));
      return made === 'conflict' ? made : 'created';
    },
    changeRelease: async (name, number, change) => {
      const changed = await changeOne(
        state,
        releaseShape,
        releasePlace(name, number),
        (found) => found && change(found),
      );
      if (changed === undefined) throw new Error(`${name}/@r${number} is gone`);
      return changed;
    },
    changePackage,
    changeIntent: async (name, change) =>
      (await changeOne(intent, intentShape, placeOf(folders.intents, name), (found) => {
        const before = found ?? emptyIntent(name);
        const after = change(before);
        return after === before ? found : { ...after, written: written() };
      })) ?? emptyIntent(name),
    setEnvironment: async (name, change) => void (await changeEnvironment(state, 'environments', name, change)),
    wantEnvironment: async (name, attributes) =>
      void (await changeEnvironment(
        intent,
        'wantedEnvironments',
        name,
        (found) => attributes && { ...found, name, attributes, id: '' },
      )),
    addEnvironment: async (name, attributes) => {
      const add = (found: EnvironmentDocument | undefined) => found ?? { name, attributes, id: '' };
      return (await changeEnvironment(intent, 'wantedEnvironments', name, add))?.attributes ?? attributes;
    },
    holdEnvironment: async (name, hold) =>
      void (await changeEnvironment(intent, 'wantedEnvironments', name, (found) => {
        if (found === undefined) return undefined;
        const { hold: _, ...free } = found;
        return hold === undefined ? free : { ...free, hold };
      })),
    setCustom: async (where, ref, value) => {
      const [documents, folder] = where === 'state' ? [state, folders.custom] : [intent, folders.wantedCustom];
      await changeOne(documents, customShape, placeOf(folder, ref), () =>
        value === undefined ? undefined : { ref, value, written: written() },
      );
    },
    valueNow: async (reference) => valueNow(await records.snapshot(), reference),
    snapshot: async () => {
      const [packages, intents, environments, wanted, custom, wantedCustom] = await Promise.all([
        readAll(state, packageShape, folders.packages),
        readAll(intent, intentShape, folders.intents),
        readAll(state, environmentShape, folders.environments),
        readAll(intent, environmentShape, folders.wantedEnvironments),
        readAll(state, customShape, folders.custom),
        readAll(intent, customShape, folders.wantedCustom),
      ]);
      const intentOf = new Map(intents.map((one) => [one.ref, one]));
      const views = await Promise.all(
        packages.map(async (document): Promise<PackageView> => {
          const name = document.ref;
          const whole = await withUnlisted(document);
          return { name, document: whole, intent: intentOf.get(name) ?? emptyIntent(name), releases: new Map() };
        }),
      );
      const byName = <One extends { readonly name: string }>(list: readonly One[]) =>
        new Map(list.map((one) => [one.name, one]));
      const read: Snapshot = {
        now: now(),
        environments: new Map(environments.map(({ name, attributes, id }) => [name, { name, attributes, id }])),
        wantedEnvironments: new Map(wanted.map(({ name, attributes }) => [name, attributes])),
        heldEnvironments: new Map(
          wanted.flatMap(({ name, hold }) => (hold === undefined ? [] : [[name, hold] as const])),
        ),
        custom: new Map(custom.map(({ ref, value }) => [ref, value])),
        wantedCustom: new Map(wantedCustom.map(({ ref, value }) => [ref, value])),
        packages: byName(views),
      };
      return loadReleases(read, release);
    },
  };
  /** Also lists a release whose maker was killed before it could: the next change of the package writes that down. */
  async function withUnlisted(document: Package): Promise<Package> {
    let whole = document;
    for (let next = whole.newest + 1; (await release(document.ref, next)) !== undefined; next += 1) {
      whole = withOpen(whole, next, true, document.written);
    }
    return whole;
  }
  return records;
}
