import { BlockList, isIP } from 'node:net';
import { isPlainHttp } from '../registry/protocol.js';

/** Networks that are not of the internet, or lead to another. Source: IANA, special-purpose address registries; RFC 6052, 3056 and 4380. */
const ownNetworks = new BlockList();
for (const [address, length] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  // The platform of Azure answers its machines there.
  ['168.63.129.16', 32],
] as const) {
  ownNetworks.addSubnet(address, length, 'ipv4');
}
for (const [address, length] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const) {
  ownNetworks.addSubnet(address, length, 'ipv6');
}

/** Domains that no public name server has. Source: RFC 6761, 6762, 8375; ICANN, "internal"; Kubernetes, "DNS for Services and Pods". */
const ownDomains = /^(?:[^.]*|.*\.(?:localhost|local|internal|svc|home\.arpa|lan|intranet|corp|home|private))$/u;

/** Where an index or a redirect of a repository leads. */
interface Led {
  readonly repository: URL;
  readonly url: URL;
  /** Whether the user has named the host. */
  readonly isNamed: boolean;
}

/**
 * Whether a URL is of this machine or of a private network, by its address or its name, which only a user may lead to. A name of the internet
 * that has such an address is not found out.
 */
export function leadsInside({ repository, url, isNamed }: Led): boolean {
  if (url.host === repository.host || isNamed) return false;
  const name = url.hostname.replace(/^\[|\]$/gu, '').replace(/\.+$/u, '');
  const version = isIP(name);
  return version === 0 ? ownDomains.test(name) : ownNetworks.check(name, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a URL must not be asked, as that would be without TLS. Hosts that tools ask so by default are, when the user has named them: as a
 * repository without TLS, or in `insecure`.
 */
export function lacksTls({ repository, url, isNamed }: Led, insecure: readonly string[]): boolean {
  if (url.protocol === 'https:' || insecure.includes(url.host)) return false;
  const isWanted = isNamed || (url.host === repository.host && repository.protocol === 'http:');
  return !isWanted || !isPlainHttp(url.host, insecure);
}
