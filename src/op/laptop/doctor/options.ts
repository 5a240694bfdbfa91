import { buildkitOptions } from '../../images/buildkit/options.js';
import { directoryOptions, settingOptions } from '../../images/settings/options.js';
import type { RequestOf } from '../../kit/options/option.js';
import { registryOptions } from '../../systems/registry/options.js';

/** The options of `op doctor`. */
export const doctorOptions = {
  ...directoryOptions,
  ...settingOptions,
  dockerconfig: registryOptions.dockerconfig,
  ...buildkitOptions,
};

export type DoctorFlags = RequestOf<typeof doctorOptions>;
