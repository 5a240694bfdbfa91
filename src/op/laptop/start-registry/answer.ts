import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import { isIPv6 } from 'node:net';

/** Where a registry listens, and the certificate authority when it has TLS. */
export interface Endpoint {
  readonly listen: string;
  readonly port: number;
  /** PEM; undefined: no TLS. */
  readonly ca: string | undefined;
}

/** The address at which this machine reaches what listens there. */
export function reachable(listen: string): string {
  if (listen === '0.0.0.0') return '127.0.0.1';
  return listen === '::' ? '::1' : listen;
}

/** `127.0.0.1:5001`, `[::1]:5001` */
export const hostPort = (address: string, port: number) => `${isIPv6(address) ? `[${address}]` : address}:${port}`;

/** Whether a registry answers there: OCI distribution specification, "Determining Support"; one that wants a login does, too. */
export function answers({ listen, port, ca }: Endpoint, timeout = 2000): Promise<boolean> {
  return new Promise((resolve) => {
    const onAnswer = (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode === 200 || response.statusCode === 401);
    };
    const options = { host: reachable(listen), port, path: '/v2/', timeout, agent: false };
    const asked = ca === undefined ? getPlain(options, onAnswer) : getTls({ ...options, ca }, onAnswer);
    asked.on('error', () => resolve(false));
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
  });
}
