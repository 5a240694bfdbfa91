import { inputError } from '../../../kit/errors/op-error.js';
import { type Kind, type KubeObject, type KubernetesApi, kinds } from '../../../systems/kubernetes/api.js';
import type { ComponentKind } from '../../environments/environment.js';
import type { FluxRef } from '../../flux/flux-object.js';
import { ownersOf } from '../../flux/parse-flux-object.js';
import { workloadKinds } from './workload.js';

/** What is watched: a Flux object with everything that it applies, or the workloads of one name. */
export interface Component {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly namespace: string;
  /** The Flux object; for a workload, the Flux object that applied it, according to its labels. */
  readonly flux: FluxRef | undefined;
}

/** The label that names the installation that an object is part of. Source: Kubernetes, "Recommended Labels". */
const instanceLabel = 'app.kubernetes.io/instance';

/** Whether a workload belongs to a component of the kind Workload. */
export const belongsTo = ({ metadata }: KubeObject, component: string) =>
  metadata.name === component || metadata.labels?.[instanceLabel] === component;

/** Its display name: `HelmRelease shop/web`. */
export const componentName = ({ kind, namespace, name }: Component) => `${kind} ${namespace}/${name}`;

/**
 * Finds the component: a HelmRelease of that name, else a Kustomization, else workloads.
 * @param kind undefined: any of these
 * @throws OpError (input) when it is not found, with the names that exist
 */
export async function findComponent(
  api: KubernetesApi,
  name: string,
  kind: ComponentKind | undefined,
): Promise<Component> {
  const { namespace } = api;
  for (const [candidate, fluxKind] of [
    ['HelmRelease', kinds.helmRelease],
    ['Kustomization', kinds.kustomization],
  ] as const) {
    if (kind !== undefined && kind !== candidate) continue;
    if (!(await api.serves(fluxKind))) continue;
    if ((await api.get(fluxKind, name)) === undefined) continue;
    return { kind: candidate, name, namespace, flux: { kind: fluxKind, name, namespace } };
  }
  if (kind === undefined || kind === 'Workload') {
    const found = (await listAll(api, workloadKinds)).filter((object) => belongsTo(object, name));
    const [first] = found;
    if (first !== undefined) {
      const owner = ownersOf(first.metadata.labels ?? {})[0];
      return { kind: 'Workload', name, namespace, flux: owner };
    }
  }
  throw await notFound(api, name, kind);
}

async function listAll(api: KubernetesApi, listed: readonly Kind[]): Promise<readonly KubeObject[]> {
  const served = await Promise.all(listed.map(async (kind) => ((await api.serves(kind)) ? api.list(kind) : [])));
  return served.flat();
}

async function notFound(api: KubernetesApi, name: string, kind: ComponentKind | undefined) {
  const all: Readonly<Record<ComponentKind, readonly Kind[]>> = {
    HelmRelease: [kinds.helmRelease],
    Kustomization: [kinds.kustomization],
    Workload: workloadKinds,
  };
  const candidates = kind === undefined ? Object.values(all).flat() : all[kind];
  const installed = await Promise.all(candidates.map((kind) => api.serves(kind)));
  const missing = candidates.filter((_, index) => installed[index] === false);
  const found = (await listAll(api, candidates)).map((object) => `${String(object.kind)} ${object.metadata.name}`);
  const shown = found.length === 0 ? 'nothing of these kinds' : found.slice(0, 12).join(', ');
  const more = found.length > 12 ? ` and ${found.length - 12} more` : '';
  const absent =
    missing.length === 0 ? '' : `; not installed in this cluster: ${missing.map(({ kind }) => kind).join(', ')}`;
  return inputError({
    what: `namespace ${api.namespace} has no ${kind ?? 'HelmRelease, Kustomization or workload'} "${name}"`,
    why: `found ${shown}${more}${absent}`,
    hint: 'check --component, --namespace and --kubeconfig; a component that Flux has yet to create must be applied before it is watched',
  });
}
