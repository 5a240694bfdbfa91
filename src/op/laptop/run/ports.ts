import { createServer } from 'node:net';
import { inputError } from '../../kit/errors/op-error.js';
import { type InferredPort, isPort } from './infer-port.js';

/** One port of a container, and where it is published on this machine. */
export interface PortMapping {
  /** `[ADDRESS:][HOST]:CONTAINER[/udp]` in docker's `-p` syntax; undefined when op chooses a free host port. */
  readonly given: string | undefined;
  readonly container: number;
  /** The first host port; undefined: any free one. */
  readonly host: number | undefined;
}

const number = '(\\d{1,5})(?:-(\\d{1,5}))?';
const form = new RegExp(
  `^(?:(\\[[0-9a-fA-F:]+\\]|\\d+(?:\\.\\d+){3}):)?(?:(?:${number})?:)?${number}(?:/(tcp|udp|sctp))?$`,
  'u',
);

/**
 * Reads `HOST:CONTAINER`, `ADDRESS:HOST:CONTAINER`, ranges, `/udp`, like docker; a container port alone gets a free host port.
 * @throws OpError (input) that says where it is configured
 */
export function parsePortMapping(text: string, origin: string): PortMapping {
  const [whole, , host, hostEnd, container, containerEnd] = form.exec(text.trim()) ?? [];
  const numbers = [host, hostEnd, container, containerEnd].filter((part) => part !== undefined).map(Number);
  if (whole === undefined || !numbers.every(isPort)) {
    throw inputError({
      what: `"${text}" (${origin}) is not a port`,
      why: 'ports are written HOST:CONTAINER, ADDRESS:HOST:CONTAINER or CONTAINER, each a number from 1 to 65535',
      hint: 'write for example "8081:8080"',
    });
  }
  const alone = /^\d+$/u.test(whole);
  return {
    given: alone ? undefined : whole,
    container: Number(container),
    host: host === undefined ? undefined : Number(host),
  };
}

/** How many consecutive host ports are tried. */
const portsToTry = 100;

/** The first port, starting with `from`, that nothing listens on, on any address of this machine; skips those in `taken`. */
export async function freePort(from: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = from; port < Math.min(from + portsToTry, 65536); port++) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw inputError({
    what: `no free port from ${from} to ${Math.min(from + portsToTry, 65536) - 1}`,
    why: 'other programs listen on them, or this user may not use them',
    hint: 'name another one with --port=HOST:CONTAINER, or in the run file',
  });
}

async function isFree(port: number): Promise<boolean> {
  // A program may listen on all addresses, or on loopback only.
  for (const address of ['127.0.0.1', '0.0.0.0']) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (!free) return false;
  }
  return true;
}

/** The published ports of a container, and the port that its program should listen on. */
export interface PortPlan {
  readonly mappings: readonly PortMapping[];
  /** The variable PORT of the container. */
  readonly port: string;
  /** Where the ports come from, for a person. */
  readonly origin: string;
}

/** Configured ports, and where they are configured. */
export interface ConfiguredPorts {
  readonly ports: readonly string[] | undefined;
  readonly origin: string;
}

/**
 * Decides which ports are published: the configured ones, else the variable PORT, else the inferred port.
 * @param portVariable the variable PORT of the container, if configured
 * @throws OpError (input) for what is not a port
 */
export function planPorts(
  { ports, origin }: ConfiguredPorts,
  portVariable: string | undefined,
  inferred: InferredPort,
): PortPlan {
  if (ports === undefined) {
    const chosen = isPort(Number(portVariable)) ? { port: Number(portVariable), origin: 'PORT' } : inferred;
    const mapping = { given: undefined, container: chosen.port, host: firstHostPort };
    return { mappings: [mapping], port: portVariable ?? `${chosen.port}`, origin: chosen.origin };
  }
  const mappings = ports.map((text) => parsePortMapping(text, origin));
  const match = mappings.find(({ container }) => container === inferred.port) ?? mappings[0];
  return { mappings, port: portVariable ?? `${match?.container ?? inferred.port}`, origin };
}

const firstHostPort = 8080;

/** A mapping with its host port. */
export interface PublishedPort {
  readonly flag: string;
  /** For a browser; undefined when only the engine knows the host port, or when it is not TCP. */
  readonly url: string | undefined;
  readonly container: number;
  /** The host port, when op chose it and can choose another one. */
  readonly chosen: number | undefined;
}

/** Gives each mapping without a host port a free one, on loopback only. @param taken ports that the engine refused */
export async function assignHostPorts(
  mappings: readonly PortMapping[],
  taken: ReadonlySet<number>,
): Promise<readonly PublishedPort[]> {
  const used = new Set(taken);
  for (const { host } of mappings.filter(({ given }) => given !== undefined)) if (host !== undefined) used.add(host);
  const published: PublishedPort[] = [];
  for (const { given, container, host } of mappings) {
    if (given === undefined) {
      const chosen = await freePort(host ?? Math.max(container, 1024), used);
      used.add(chosen);
      published.push({
        flag: `127.0.0.1:${chosen}:${container}`,
        url: `http://localhost:${chosen}`,
        container,
        chosen,
      });
    } else {
      const url = host === undefined || /\/(?!tcp)|-/u.test(given) ? undefined : `http://localhost:${host}`;
      published.push({ flag: given, url, container, chosen: undefined });
    }
  }
  return published;
}
