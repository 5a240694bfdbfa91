import type { Context } from '../../context.js';
import type { Json } from '../../store/documents/body.js';
import type { DeployContext } from '../author/item-context.js';
import type { EnvironmentValue, Inputs } from '../author/values.js';
import type { Ending } from '../changes/changes.js';
import type { Away, Environment, Plan, Release } from '../documents/shapes.js';

/** What an item is run with. */
export interface Call {
  readonly item: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly environment: EnvironmentValue;
  readonly release: DeployContext<Inputs>['release'];
}

/** A run in this process, which is not started yet. */
export interface RunHere {
  /** Only when op is stopped, or has lost its claim, there is no end to write: then it throws. */
  readonly run: () => Promise<Ending>;
}

/** A run that is not started yet, in a place that is known. */
export interface AwayRun extends Pick<Away, 'in' | 'cluster' | 'until'> {
  /** @throws OpError when it cannot be started */
  readonly start: () => Promise<void>;
}

/** What an item does, as the run of this number of it. @throws OpError when it cannot be run so */
export type Found = (number: number, call: Call) => RunHere | AwayRun;

/** How a run that went on elsewhere is: `lost` is that it ended without a word, and why. */
export type SeenAway = 'running' | Ending | { readonly status: 'lost'; readonly why: string };

/** Where the code of releases is evaluated and run. */
export interface Runner {
  /** Whether it has the code of a package. */
  readonly has: (name: string) => boolean;
  /** The plan of a release for these environments; undefined while it is still made elsewhere. @throws OpError */
  readonly plan: (
    of: Pick<Release, 'package' | 'number' | 'commit'>,
    environments: readonly Environment[],
  ) => Promise<Plan | undefined>;
  /**
   * Finds what an item does, before anything is changed: the code may not be there.
   * @param item the key of an item of the plan
   * @param action `call`, `up`, `down`, or that of a check
   * @throws OpError
   */
  readonly find: (context: Context, release: Release, item: string, action: string) => Promise<Found>;
  /** How a run is that went on elsewhere; undefined when that cannot be seen from here. @throws OpError */
  readonly look: (context: Context, run: Away, release: Release | undefined) => Promise<SeenAway | undefined>;
  /** Waits until one of what goes on elsewhere has ended. @returns false when none did in the time that there is */
  readonly untilOneEnds: (context: Context, runs: readonly string[]) => Promise<boolean>;
}
