import type { InferredPort } from './infer-port.js';
import { freePort, isPort, type Publication, parsePublication } from './ports.js';

/** What of a container can be reached, and the port that its program is to listen on. */
export interface PortPlan {
  readonly publications: readonly Publication[];
  /** The variable PORT of the container. */
  readonly port: string;
  /** What says which ports these are, for a person. */
  readonly origin: string;
}

/** Ports as they are configured, and where. */
export interface ConfiguredPorts {
  readonly ports: readonly string[] | undefined;
  readonly origin: string;
}

/**
 * Decides which ports are published: those that are configured, else the one of the variable PORT, else the inferred one.
 * @param set the variable PORT of the container, if it is configured
 * @throws OpError (input) for what is not a port
 */
export function planPorts(
  { ports, origin }: ConfiguredPorts,
  set: string | undefined,
  inferred: InferredPort,
): PortPlan {
  if (ports === undefined) {
    const own = set !== undefined && isPort(Number(set)) ? { port: Number(set), origin: 'PORT' } : inferred;
    const publication = { given: undefined, container: own.port, host: firstHostPort };
    return { publications: [publication], port: set ?? `${own.port}`, origin: own.origin };
  }
  const publications = ports.map((text) => parsePublication(text, origin));
  const fitting = publications.find(({ container }) => container === inferred.port) ?? publications[0];
  return { publications, port: set ?? `${fitting?.container ?? inferred.port}`, origin };
}

const firstHostPort = 8080;

/** A publication whose host port is decided. */
export interface Published {
  readonly flag: string;
  /** Where a browser finds it; undefined where only the engine knows, or it is not TCP. */
  readonly url: string | undefined;
  readonly container: number;
  /** Whether op chose the host port, and may choose another one. */
  readonly chosen: number | undefined;
}

/** Gives each publication without a host port a free one, on loopback only. @param taken ports that turned out not to be free */
export async function publish(
  publications: readonly Publication[],
  taken: ReadonlySet<number>,
): Promise<readonly Published[]> {
  const used = new Set(taken);
  for (const { host } of publications.filter(({ given }) => given !== undefined))
    if (host !== undefined) used.add(host);
  const published: Published[] = [];
  for (const { given, container, host } of publications) {
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
