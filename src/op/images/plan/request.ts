import type { SettingFlags } from '../settings/settings.js';
import type { Engine } from './engine.js';

/** What the command line of `build`, `push` and `build-push` asks for. */
export interface BuildRequest extends SettingFlags {
  /** Root of the repository; every relative path starts there. */
  readonly directory: string;
  readonly skaffoldFile: string;
  readonly platform: readonly string[];
  /** Directory with registry credentials: config.json or .dockerconfigjson. */
  readonly dockerconfig?: string | undefined;
  /** Builds again what the registry has already. */
  readonly rebuild: boolean;
  /** Milliseconds for everything. */
  readonly timeout: number;
  readonly gitUrl?: string | undefined;
  /** Outputs to write, NAME=PATH. */
  readonly result: readonly string[];
  readonly engine: Engine | 'auto';
  /** Images that are built at the same time. */
  readonly jobs: number;
  readonly buildkitHost?: string | undefined;
  /** Directory with the certificates for BuildKit. */
  readonly buildkitTls?: string | undefined;
  /** Directory that is shared with a container of the builder image, and that image. */
  readonly builderContainer?: string | undefined;
  readonly builder?: string | undefined;
  /** HOST=MIRROR */
  readonly imageMirror: readonly string[];
  /** Registry and path where engines keep what later builds can use again. */
  readonly buildCache?: string | undefined;
  readonly attest: readonly string[];
  /** Directory whose files are the secrets of Dockerfiles. */
  readonly secrets?: string | undefined;
  /** Directory for what buildpacks say that images are made of. */
  readonly sbomOutput?: string | undefined;
}

/** What `push` and `build-push` ask for besides. */
export interface PushRequest extends BuildRequest {
  readonly command: 'push' | 'build-push';
  /** Where build_result.json goes; undefined for nowhere. */
  readonly buildResult: string | undefined;
  /** The image that IMAGE_URL and IMAGE_DIGEST are about; the last one built when missing. */
  readonly imageName?: string | undefined;
  /** Whether an image of another commit is used when its files were the same. */
  readonly reuseContent: boolean;
}
