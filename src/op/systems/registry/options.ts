import { option } from '../../kit/options/option.js';

/** The options of every command that talks to registries. */
export const registryOptions = {
  insecureRegistry: option.list(
    'registries to contact over plain HTTP, as HOST:PORT; localhost and private IPv4 addresses need no entry',
    { value: '<host>' },
  ),
  dockerconfig: option.text('directory with registry credentials: config.json or .dockerconfigjson', {
    value: '<dir>',
  }),
};
