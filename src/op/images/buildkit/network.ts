import { isIP } from 'node:net';
import { inputError } from '../../kit/errors/op-error.js';
import type { DockerfileBuild } from './build.js';
import { csv } from './csv.js';

type Wanted = Pick<DockerfileBuild, 'image' | 'network' | 'addHosts'>;

/**
 * The flags for the network of `RUN` steps, and for host names in them.
 * @throws OpError (input) for a network that only a Docker daemon has, and for what is not HOST:IP
 */
export function hostFlags(build: Wanted): readonly string[] {
  const hosts = build.addHosts.map((entry) => hostOf(build, entry));
  return [...networkFlags(build), ...(hosts.length === 0 ? [] : ['--opt', `add-hosts=${csv(hosts)}`])];
}

function networkFlags({ image, network }: Wanted): readonly string[] {
  switch (network?.toLowerCase() || 'default') {
    case 'default':
    case 'bridge':
      return [];
    case 'none':
      return ['--opt', 'force-network-mode=none'];
    case 'host':
      return ['--opt', 'force-network-mode=host', '--allow', 'network.host'];
    default:
      throw inputError({
        what: `cannot build ${image} in the network ${network}`,
        why: 'BuildKit has the networks default, none and host; the others belong to a Docker daemon',
        hint: 'leave network out in skaffold.yaml, or set it to none or host',
      });
  }
}

/** `HOST:IP`, as Docker has it; an IPv6 address may stand in brackets. */
function hostOf({ image }: Wanted, entry: string): readonly [string, string] {
  const at = entry.search(/[:=]/u);
  const address = entry.slice(at + 1).replace(/^\[(.*)\]$/u, '$1');
  if (at > 0 && isIP(address) > 0) return [entry.slice(0, at), address];
  throw inputError({
    what: `cannot add the host ${entry} to the build of ${image}`,
    why: 'it is not HOST:IP',
    hint: 'write a name and an address, such as db:10.0.0.7; host-gateway exists with a Docker daemon only',
  });
}
