import type { Context } from '../../context.js';
import type { Json } from '../../store/documents/body.js';
import type { DeployContext } from '../author/item-context.js';
import type { EnvironmentValue, Inputs } from '../author/values.js';
import type { Ending } from '../changes/changes.js';
import type { Environment, Plan, Release } from '../documents/shapes.js';

/** What an item is run with. */
export interface Call {
  readonly item: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly environment: EnvironmentValue;
  readonly release: DeployContext<Inputs>['release'];
}

/** Runs what was found once. Only when op is stopped, or has lost its claim, there is no end to write: then it throws. */
export type Found = (call: Call) => Promise<Ending>;

/** Where the code of releases is evaluated and run. */
export interface Runner {
  /** Whether it has the code of a package. */
  readonly has: (name: string) => boolean;
  /** The plan of a release for these environments. @throws OpError */
  readonly plan: (
    of: Pick<Release, 'package' | 'number' | 'commit'>,
    environments: readonly Environment[],
  ) => Promise<Plan>;
  /**
   * Finds what an item does, before anything is changed: the code may not be there.
   * @param item the key of an item of the plan
   * @param action `call`, `up`, `down`, or that of a check
   * @throws OpError
   */
  readonly find: (context: Context, release: Release, item: string, action: string) => Promise<Found>;
}
