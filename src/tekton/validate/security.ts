import type { Report } from '../problem.js';
import { isRecord } from '../record.js';
import { checkShape } from './shape.js';
import { checkPlain } from './strings.js';

const profiles = ['RuntimeDefault', 'Localhost', 'Unconfined'];

/**
 * Checks the rights of a container or, with `type`, of a pod: known fields, and no two that contradict each other.
 * Source: Kubernetes, ValidateSecurityContext of pkg/apis/core/validation, and what the kubelet refuses to start.
 */
export function checkSecurityContext(
  context: unknown,
  path: string,
  report: Report,
  type: 'core/v1.SecurityContext' | 'core/v1.PodSecurityContext' = 'core/v1.SecurityContext',
): void {
  if (context === undefined) return;
  checkShape(type, context, path, report);
  checkPlain(context, path, report);
  if (!isRecord(context)) return;
  const { runAsNonRoot, runAsUser, privileged, allowPrivilegeEscalation, capabilities } = context;
  if (runAsNonRoot === true && runAsUser === 0) {
    report(`${path}.runAsUser`, 'is 0, which is root, together with runAsNonRoot', 'keep one of the two');
  }
  for (const id of ['runAsUser', 'runAsGroup', 'fsGroup']) {
    const value = context[id];
    if (typeof value === 'number' && (value < 0 || value > 2_147_483_647)) {
      report(`${path}.${id}`, `is ${value}; IDs go from 0 to 2147483647`);
    }
  }
  checkCapabilities(capabilities, `${path}.capabilities`, report);
  if (allowPrivilegeEscalation === false && privileged === true) {
    report(`${path}.allowPrivilegeEscalation`, 'is false together with privileged', 'keep one of the two');
  }
  const added = isRecord(capabilities) && Array.isArray(capabilities.add) ? capabilities.add : [];
  if (allowPrivilegeEscalation === false && added.includes('SYS_ADMIN')) {
    report(
      `${path}.allowPrivilegeEscalation`,
      'is false together with the capability SYS_ADMIN',
      'keep one of the two',
    );
  }
  for (const field of ['seccompProfile', 'appArmorProfile']) checkProfile(context[field], `${path}.${field}`, report);
}

function checkCapabilities(capabilities: unknown, path: string, report: Report): void {
  if (!isRecord(capabilities)) return;
  for (const kind of ['add', 'drop']) {
    const list = capabilities[kind];
    if (!Array.isArray(list)) continue;
    list.forEach((name: unknown, index) => {
      if (typeof name !== 'string' || /^(?!CAP_)[A-Z][A-Z0-9_]*$/.test(name)) return;
      const plain = name.toUpperCase().replace(/^CAP_/, '');
      report(`${path}.${kind}[${index}]`, `"${name}" is not the name of a capability`, `write ${plain}`);
    });
  }
}

function checkProfile(profile: unknown, path: string, report: Report): void {
  if (!isRecord(profile)) return;
  const { type, localhostProfile } = profile;
  if (typeof type === 'string' && !profiles.includes(type)) {
    report(`${path}.type`, `"${type}" is not a profile`, `write one of: ${profiles.join(', ')}`);
  }
  if ((type === 'Localhost') === (localhostProfile === undefined) && type !== undefined) {
    report(path, 'has a localhostProfile without type Localhost, or the other way round', 'give both or none');
  }
}
