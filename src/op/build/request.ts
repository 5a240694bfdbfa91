import type { SettingFlags } from '../config/settings.js';

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
}

/** What `push` and `build-push` ask for besides. */
export interface PushRequest extends BuildRequest {
  readonly command: 'push' | 'build-push';
  /** Where build_result.json goes; undefined for nowhere. */
  readonly buildResult: string | undefined;
  /** The image that IMAGE_URL and IMAGE_DIGEST are about; the last one built when missing. */
  readonly imageName?: string | undefined;
}
