import type { Pauses } from '../../systems/registry/retry.js';
import type { EnvironmentFlags } from '../environments/read.js';
import type { LeaseFlags } from '../lease/request.js';

/** What `op promote-image` is asked for. */
export interface PromoteRequest extends EnvironmentFlags, LeaseFlags {
  /** Undefined: there is none before the destination. */
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** How far the whole delivery goes. */
  readonly until: string | undefined;
  readonly buildResult: string | undefined;
  /** None: all. */
  readonly imageName: readonly string[];
  /** Take the images from the ConfigMaps of `op publish`. */
  readonly fromImageInfo: boolean;
  readonly imageInfoNamespace: string | undefined;
  readonly configmapPrefix: string | undefined;
  readonly sourceRepository: string | undefined;
  readonly destinationRepository: string | undefined;
  readonly allowSkip: boolean;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  /** Images at the same time. */
  readonly jobs: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly promotionResult: string | undefined;
  readonly destinationBuildResult: string | undefined;
  readonly dockerconfig: string | undefined;
  readonly insecureRegistry: readonly string[];
  /** Of the destination's cluster; each wins over environments.yaml. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly component: string | undefined;
  /** Waits between attempts; tests shorten them. */
  readonly pauses?: Pauses;
}
