import { createServer } from 'node:net';
import { inputError } from '../../kit/errors/op-error.js';

export const isPort = (number: number | undefined): number is number =>
  number !== undefined && Number.isInteger(number) && number > 0 && number < 65536;

/** One port of a container, as it is published on this machine. */
export interface Publication {
  /** `[ADDRESS:][HOST]:CONTAINER[/udp]` as `-p` takes it; undefined while op is to find a free host port. */
  readonly given: string | undefined;
  readonly container: number;
  /** The first host port; undefined: any that is free. */
  readonly host: number | undefined;
}

const number = '(\\d{1,5})(?:-(\\d{1,5}))?';
const form = new RegExp(
  `^(?:(\\[[0-9a-fA-F:]+\\]|\\d+(?:\\.\\d+){3}):)?(?:(?:${number})?:)?${number}(?:/(tcp|udp|sctp))?$`,
  'u',
);

/**
 * Reads `HOST:CONTAINER`, `ADDRESS:HOST:CONTAINER`, ranges, `/udp`, as docker does; a container's port alone gets a free host port.
 * @throws OpError (input) that names the place
 */
export function parsePublication(text: string, origin: string): Publication {
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

/** How many host ports are tried, one after the other. */
const tries = 100;

/** The first port from `from` on that nothing listens on, on any address of this machine; those of `taken` are left out. */
export async function freePort(from: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = from; port < Math.min(from + tries, 65536); port++) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw inputError({
    what: `no port is free from ${from} to ${Math.min(from + tries, 65536) - 1}`,
    why: 'other programs listen on them, or this user may not',
    hint: 'name another one with --port=HOST:CONTAINER, or in the run file',
  });
}

async function isFree(port: number): Promise<boolean> {
  // A program may listen on all addresses, or on loopback only.
  for (const address of ['127.0.0.1', '0.0.0.0']) {
    const free = await new Promise<boolean>((answer) => {
      const server = createServer();
      server.once('error', () => answer(false));
      server.listen({ port, host: address, exclusive: true }, () => server.close(() => answer(true)));
    });
    if (!free) return false;
  }
  return true;
}
