import type { Json } from '../../store/documents/body.js';
import type { Away, Environment, Hold, Intent, Package, Release, Standing, UsedInput } from '../documents/shapes.js';

/** All releases of one file. */
export interface PackageView {
  /** `host/org/repository/-/path/to/shop.release.ts`. */
  readonly name: string;
  readonly document: Package;
  readonly intent: Intent;
  /** The releases that may matter: open ones, those that are deployed or wanted, and those that references name. */
  readonly releases: ReadonlyMap<number, Release>;
}

/** The documents, as they were read at one moment. */
export interface Snapshot {
  readonly now: Date;
  /** Environments by name: those that exist, and the attributes of those that should. */
  readonly environments: ReadonlyMap<string, Environment>;
  readonly wantedEnvironments: ReadonlyMap<string, Environment['attributes']>;
  /** Environments that are held for all packages. */
  readonly heldEnvironments: ReadonlyMap<string, Hold>;
  /** Custom state by reference: as it is, and as it should be. */
  readonly custom: ReadonlyMap<string, Json>;
  readonly wantedCustom: ReadonlyMap<string, Json>;
  readonly packages: ReadonlyMap<string, PackageView>;
}

/** Something to run: a call, the `up` or `down` of a deployment, or a check of one of these. */
export interface RunWork {
  readonly do: 'run';
  readonly package: string;
  readonly release: number;
  readonly item: string;
  readonly does: 'call' | 'up' | 'down' | 'check';
  readonly inputs: Readonly<Record<string, UsedInput>>;
  readonly why: string;
}

/** What can be done now. Everything but `run` and `plan` only changes documents. */
export type Work =
  | RunWork
  | { readonly do: 'set-environment'; readonly name: string }
  | { readonly do: 'remove-environment'; readonly name: string }
  | { readonly do: 'set-custom'; readonly ref: string }
  | { readonly do: 'remove-custom'; readonly ref: string }
  /** Evaluate the file of the release again: there are other environments. */
  | { readonly do: 'plan'; readonly package: string; readonly release: number; readonly why: string }
  /** Look for the end of a run that goes on elsewhere, and write it. */
  | (Pick<Away, 'release' | 'item' | 'run' | 'in'> & { readonly do: 'collect'; readonly package: string })
  /** A run has ended, and whoever ran it could not write that into the document of the package. */
  | { readonly do: 'record'; readonly package: string; readonly release: number; readonly item: string }
  | {
      readonly do: 'close';
      readonly package: string;
      readonly release: number;
      readonly as: Exclude<Standing, 'open'>;
    };

export const waitingKinds = [
  'input',
  'phase',
  'hold',
  'window',
  'soak',
  'approval',
  'check',
  'failed',
  'newer',
  'order',
  'away',
] as const;

/** Something that cannot be done now, and for what it waits. */
export interface Waiting {
  readonly package: string;
  readonly release: number;
  readonly item: string;
  readonly kind: (typeof waitingKinds)[number];
  /** Completes the sentence "it waits for …". */
  readonly for: string;
  /** What to type, if a person can do something. */
  readonly hint?: string;
}

export interface Next {
  readonly ready: readonly Work[];
  readonly waiting: readonly Waiting[];
}

/** The environment that an item deploys to; undefined for a call. */
export const environmentOf = (item: string): string | undefined =>
  item.startsWith('deploy/') ? item.slice('deploy/'.length) : undefined;

/** What a run holds: one environment of a package, or one call or check of a release. */
export const claimOf = ({ package: name, release, item }: Pick<RunWork, 'package' | 'release' | 'item'>): string =>
  environmentOf(item) === undefined ? `${name}/@r${release}/${item}` : `${name}/@/${item}`;

/** The environment of this name, if it exists and should. */
export function standingEnvironment(
  { environments, wantedEnvironments }: Snapshot,
  name: string,
): Environment | undefined {
  return wantedEnvironments.has(name) ? environments.get(name) : undefined;
}
