import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Release } from './release.js';

/**
 * What a chart may create for its tests. All of it is namespaced, so that the namespace of the object is all that it can reach; a List
 * would hold objects of other namespaces.
 */
const allowedKinds: readonly string[] = [
  ...['Pod', 'Job', 'ConfigMap', 'Secret', 'Service', 'ServiceAccount', 'Role', 'RoleBinding'],
  ...['NetworkPolicy', 'PersistentVolumeClaim'],
];

/** Where the hooks of a release are, and may be. */
export interface HookPlaces {
  /** Namespace in which helm stores the release: hooks without a namespace are created there. */
  readonly storage: string;
  /** The namespace that the tests belong to. */
  readonly allowed: string;
}

/**
 * helm creates whatever the chart says, with the rights of op, which may be those of several environments: everything must be in the
 * namespace that the environment names, not one that the chart or the release chooses.
 * @throws OpError (refused)
 */
export function checkHooks({ name, hooks }: Release, { storage, allowed }: HookPlaces): void {
  for (const hook of hooks) {
    const what = `${oneLine(hook.kind)} ${oneLine(hook.name)} of the tests of release ${name}`;
    if (!allowedKinds.includes(hook.kind)) {
      throw refusedError({
        what: `${what} is not created`,
        why: `a test may create only ${allowedKinds.join(', ')}`,
        hint: 'make it a part of the release instead of a hook',
      });
    }
    const place = hook.namespace || storage;
    if (place === allowed) continue;
    throw refusedError({
      what: `${what} would be created in namespace ${oneLine(place)}`,
      why: `the tests belong to namespace ${allowed}${hook.namespace === '' ? ', and helm creates a hook without a namespace where the release is stored' : ''}`,
      hint:
        hook.namespace === ''
          ? `set spec.storageNamespace: ${allowed} in the HelmRelease, or write namespace: {{ .Release.Namespace }} into the chart's tests`
          : `write namespace: ${allowed} into the hook; if the release is installed elsewhere, say so with releaseNamespace in environments.yaml or --release-namespace`,
    });
  }
}
