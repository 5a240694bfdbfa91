import { option } from '../../kit/options/option.js';
import { parsePrefix } from './reference.js';

/** The options of every command that talks to registries. */
export const registryOptions = {
  insecureRegistry: option.list(
    'registries to contact over plain HTTP, as HOST:PORT; localhost and private IPv4 addresses need no entry',
    { value: '<host>', problemOfItem: problemOfHost },
  ),
  dockerconfig: option.text('directory with registry credentials: config.json or .dockerconfigjson', {
    value: '<dir>',
  }),
};

function problemOfHost(item: string): string | undefined {
  const read = parsePrefix(item);
  if (!('problem' in read) && read.prefix === read.registry) return undefined;
  return `Write each registry as HOST[:PORT], without a protocol or a path: "${item}" is not.`;
}
