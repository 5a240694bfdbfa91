import type { Report } from '../problem.js';
import { isRecord } from '../record.js';
import type { Sidecar } from '../step.js';
import { checkShape } from './shape.js';
import { checkPlain } from './strings.js';

const actions = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const atLeast: Readonly<Record<string, number>> = {
  ...{ initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 1 },
};

/** Checks the ports and probes of a sidecar. Source: Kubernetes, validateProbe and validateContainerPorts of pkg/apis/core/validation. */
export function checkPortsAndProbes(sidecar: Sidecar, report: Report): void {
  const ports = sidecar.ports ?? [];
  checkShape('[]core/v1.ContainerPort', ports, 'ports', report);
  const names: unknown[] = [];
  ports.forEach((port, index) => {
    if (!isRecord(port)) return;
    const { containerPort, name } = port;
    checkPort(containerPort, `ports[${index}].containerPort`, report);
    if (name === undefined) return;
    checkPortName(name, `ports[${index}].name`, report);
    if (names.includes(name)) report(`ports[${index}].name`, `another port is already named "${String(name)}"`);
    names.push(name);
  });
  for (const field of ['readinessProbe', 'livenessProbe', 'startupProbe'] as const) {
    checkProbe(sidecar[field], field, names, report);
  }
}

function checkProbe(probe: unknown, field: string, ports: readonly unknown[], report: Report): void {
  if (probe === undefined) return;
  checkShape('core/v1.Probe', probe, field, report);
  checkPlain(probe, field, report);
  if (!isRecord(probe)) return;
  const given = actions.filter((action) => probe[action] !== undefined);
  if (given.length !== 1)
    report(field, `has ${given.length} actions; a probe has exactly one`, `use one of: ${actions.join(', ')}`);
  for (const action of given) {
    const { port } = isRecord(probe[action]) ? probe[action] : {};
    const place = `${field}.${action}.port`;
    if (typeof port !== 'string') {
      if (action !== 'exec') checkPort(port, place, report);
    } else if (!ports.includes(port)) report(place, `"${port}" is not the name of a port of this sidecar`);
  }
  for (const [name, least] of Object.entries(atLeast)) {
    const value = probe[name];
    if (typeof value === 'number' && value < least)
      report(`${field}.${name}`, `is ${value}; it must be at least ${least}`);
  }
  if (field !== 'readinessProbe' && typeof probe.successThreshold === 'number' && probe.successThreshold > 1) {
    report(`${field}.successThreshold`, `is ${probe.successThreshold}; of a ${field} it must be 1`);
  }
}

function checkPort(port: unknown, path: string, report: Report): void {
  if (typeof port === 'number' && port >= 1 && port <= 65_535) return;
  report(path, `${port === undefined ? 'is missing' : `${String(port)} is not a port`}; ports go from 1 to 65535`);
}

function checkPortName(name: unknown, path: string, report: Report): void {
  if (typeof name === 'string' && /^(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?$/.test(name)) return;
  report(path, `"${String(name)}" is not the name of a port`, 'use at most 15 lower-case letters, digits and "-"');
}
