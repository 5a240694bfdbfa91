import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { apiVersionOf, type Kind, kinds } from '../../systems/kubernetes/kind.js';
import type { Hook, Release } from './release.js';
import type { TestFilter } from './request.js';

/** A hook that may be created, and where. */
export interface CheckedHook extends Hook {
  readonly name: string;
  readonly kind: Kind;
  readonly namespace: string;
}

/** A test of a chart: a Pod or Job with the hook event `test`. */
export interface HelmTest {
  readonly name: string;
  readonly kind: 'Pod' | 'Job';
  readonly namespace: string;
}

/**
 * What a chart may create for its tests. All of it is namespaced, so that the namespace of the object is all that it can reach; a List
 * would hold objects of other namespaces.
 */
const allowedKinds: readonly Kind[] = [
  ...[kinds.pod, kinds.job, kinds.configMap, kinds.secret],
  { group: '', version: 'v1', plural: 'services', kind: 'Service' },
  { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', kind: 'Role' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', kind: 'RoleBinding' },
  { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies', kind: 'NetworkPolicy' },
  { group: '', version: 'v1', plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim' },
];

/** Where the hooks of a release are, and may be. */
export interface HookPlaces {
  /** Namespace in which helm stores the release: hooks without a namespace are created there. */
  readonly storage: string;
  /** The namespace that the tests belong to. */
  readonly allowed: string;
}

/**
 * op has the rights of perhaps several environments: everything must be in the namespace that the environment names, not one that the
 * chart or the release chooses.
 * @throws OpError (refused)
 */
export function checkHooks({ name, hooks }: Release, places: HookPlaces): readonly CheckedHook[] {
  return hooks.map((hook) => {
    const what = `${oneLine(hook.object.kind)} ${oneLine(hook.object.metadata.name)} of the tests of release ${name}`;
    const kind = allowedKinds.find(
      (one) => one.kind === hook.object.kind && apiVersionOf(one) === hook.object.apiVersion,
    );
    if (kind === undefined) throw notCreated(what, hook);
    checkPlace(what, hook.object.metadata.namespace ?? '', places);
    return { ...hook, name: hook.object.metadata.name, kind, namespace: places.allowed };
  });
}

function notCreated(what: string, { object }: Hook) {
  const known = allowedKinds.find(({ kind }) => kind === object.kind);
  return refusedError({
    what: `${what} is not created`,
    why:
      known === undefined
        ? `a test may create only ${allowedKinds.map(({ kind }) => kind).join(', ')}`
        : `its apiVersion is ${oneLine(object.apiVersion)}, and a test may create a ${known.kind} only of ${apiVersionOf(known)}`,
    hint: 'make it a part of the release instead of a hook',
  });
}

function checkPlace(what: string, namespace: string, { storage, allowed }: HookPlaces): void {
  const place = namespace || storage;
  if (place === allowed) return;
  throw refusedError({
    what: `${what} would be created in namespace ${oneLine(place)}`,
    why: `the tests belong to namespace ${allowed}${namespace === '' ? ', and a hook without a namespace belongs where the release is stored' : ''}`,
    hint:
      namespace === ''
        ? `set spec.storageNamespace: ${allowed} in the HelmRelease, or write namespace: {{ .Release.Namespace }} into the chart's tests`
        : `write namespace: ${allowed} into the hook; if the release is installed elsewhere, say so with releaseNamespace in environments.yaml or --release-namespace`,
  });
}

/** The hooks to create, in their order. @throws OpError (refused) for a filter with an unknown test */
export function selectHooks(
  release: string,
  hooks: readonly CheckedHook[],
  { only, not }: TestFilter,
): readonly CheckedHook[] {
  const unknown = [...only, ...not].find((wanted) => !hooks.some(({ name }) => name === wanted));
  if (unknown !== undefined) {
    const names = hooks.flatMap((hook) => testOf(hook)?.name ?? []).join(', ') || 'none';
    throw refusedError({
      what: `release ${release} has no test "${oneLine(unknown)}"`,
      why: `--filter names it, but the tests of its chart are: ${names}`,
      hint: 'correct --filter: a missing test cannot pass',
    });
  }
  return hooks.filter(({ name }) => !not.includes(name) && (only.length === 0 || only.includes(name)));
}

/** Undefined: it is created for the tests, such as a ConfigMap, and is none. */
export function testOf({ name, kind, namespace }: CheckedHook): HelmTest | undefined {
  return kind.kind === 'Pod' || kind.kind === 'Job' ? { name, kind: kind.kind, namespace } : undefined;
}
