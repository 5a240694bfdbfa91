import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Isolation } from '../contract.js';
import { type Container, invocation } from './containers.js';
import { createMask } from './mask.js';
import { startProcess } from './start-process.js';
import type { Sidecar } from './task-spec.js';

type SidecarProbe = NonNullable<Sidecar['readinessProbe']>;

/** Asks once whether a sidecar is ready. A command runs beside it, with the same files and network. */
export async function probeOnce(
  container: Container<Sidecar>,
  probe: SidecarProbe,
  isolation: Isolation,
): Promise<boolean> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return runCommand(container, probe.exec.command, isolation, timeout);
  if (probe.httpGet) {
    const { path = '/', port, scheme } = probe.httpGet;
    return getPage(scheme === 'HTTPS', portOf(container, port), path, timeout);
  }
  return probe.tcpSocket ? canConnect(portOf(container, probe.tcpSocket.port), timeout) : true;
}

async function runCommand(
  container: Container<Sidecar>,
  command: readonly string[],
  isolation: Isolation,
  timeout: number,
): Promise<boolean> {
  const process = startProcess({
    ...(await invocation(container, command, isolation, { running: true })),
    env: container.env,
    sandboxed: isolation === 'namespaces',
    mask: createMask([]),
    onLine: () => undefined,
  });
  const timer = setTimeout(process.stop, timeout);
  const { exitCode } = await process.ended;
  clearTimeout(timer);
  return exitCode === 0;
}

/** A port may be the name of one that the sidecar declares. */
function portOf({ definition }: Container<Sidecar>, port: number | string): number {
  return definition.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}

/** Kubernetes takes any answer from 200 to 399, and does not check certificates. */
function getPage(secure: boolean, port: number, path: string, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, timeout };
    const asking = secure ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    asking.on('response', ({ statusCode = 0 }) => {
      resolve(statusCode >= 200 && statusCode < 400);
      asking.destroy();
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(false));
    asking.on('close', () => resolve(false));
    asking.end();
  });
}

function canConnect(port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}
