import { isIP } from 'node:net';
import { usageError } from '../../kit/errors/op-error.js';
import type { StartRequest } from './options.js';
import { quoted } from './trust.js';

const privateAddress =
  /^(?:0\.0\.0\.0$|127\.|10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/iu;

/** @throws OpError (usage) for what is no address, and one that the own certificate authority cannot speak for */
export function checkAddress({ listen, tls }: Pick<StartRequest, 'listen' | 'tls'>): void {
  const hint = 'name an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all';
  if (isIP(listen) === 0) {
    throw usageError({ what: `--listen=${listen} is not an address`, why: 'it takes an IP address', hint });
  }
  if (!tls || privateAddress.test(listen)) return;
  const why = 'the certificate authority of op can only speak for this machine and private networks';
  throw usageError({ what: `--tls does not go with --listen=${listen}`, why, hint });
}

/** What makes two registries of one port different. */
export interface Settings {
  readonly image?: string;
  readonly listen: string;
  readonly data: string | null;
  /** SHA-256 of the certificate; null without TLS. */
  readonly tls: string | null;
}

/** What a person types to have such a registry again, with the same images. @param usualData where they are without `--data` */
export function commandFor(port: number, is: Settings | undefined, usualData: string): string {
  const data = is?.data ?? usualData;
  return [
    'op start-registry',
    ...(port === 5001 ? [] : [`--port=${port}`]),
    ...(is === undefined || is.listen === '127.0.0.1' ? [] : [`--listen=${is.listen}`]),
    ...(data === usualData ? [] : [`--data=${quoted(data)}`]),
    ...(is === undefined || is.tls === null ? [] : ['--tls']),
  ].join(' ');
}

/** Why one registry cannot stand for another; undefined when it can. */
export function difference(is: Settings, wanted: Settings): string | undefined {
  if (is.image !== wanted.image) return `it is the image ${is.image}`;
  if (is.listen !== wanted.listen) return `it listens on ${is.listen}`;
  if (is.data !== wanted.data) return `its images are in ${is.data ?? 'a volume'}`;
  if (is.tls === wanted.tls) return undefined;
  if (is.tls === null) return 'it has no TLS';
  return wanted.tls === null ? 'it has TLS' : 'it has an older certificate';
}
