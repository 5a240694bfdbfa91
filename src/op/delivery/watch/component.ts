import { inputError } from '../../kit/errors/op-error.js';
import { type Kind, type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { ComponentKind } from '../environments/environment.js';
import type { FluxRef } from '../flux/flux-object.js';
import { ownersOf } from '../flux/parse.js';
import { workloadKinds } from './workload.js';

/** What is watched: an object of Flux with all that it applies, or workloads that bear a name. */
export interface Component {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly namespace: string;
  /** The object of Flux; for a workload, what its labels say applied it. */
  readonly flux: FluxRef | undefined;
}

/** The label that says of which installation an object is a part. Source: Kubernetes, "Recommended Labels". */
const instance = 'app.kubernetes.io/instance';

/** Whether a workload belongs to a component of the kind Workload. */
export const belongsTo = ({ metadata }: KubeObject, component: string) =>
  metadata.name === component || metadata.labels?.[instance] === component;

/** How a person names it. */
export const nameOfComponent = ({ kind, namespace, name }: Component) => `${kind} ${namespace}/${name}`;

/**
 * Finds the component: a HelmRelease of that name, else a Kustomization, else workloads.
 * @throws OpError (input) when there is none, with the names that there are
 */
export async function findComponent(
  api: KubernetesApi,
  name: string,
  wanted: ComponentKind | undefined,
): Promise<Component> {
  const { namespace } = api;
  for (const [kind, of] of [
    ['HelmRelease', kinds.helmRelease],
    ['Kustomization', kinds.kustomization],
  ] as const) {
    if (wanted !== undefined && wanted !== kind) continue;
    if (!(await api.serves(of))) continue;
    if ((await api.get(of, name)) === undefined) continue;
    return { kind, name, namespace, flux: { kind: of, name, namespace } };
  }
  if (wanted === undefined || wanted === 'Workload') {
    const found = (await listAll(api, workloadKinds)).filter((object) => belongsTo(object, name));
    const [first] = found;
    if (first !== undefined) {
      const owner = ownersOf(first.metadata.labels ?? {})[0];
      return { kind: 'Workload', name, namespace, flux: owner };
    }
  }
  throw await notFound(api, name, wanted);
}

async function listAll(api: KubernetesApi, of: readonly Kind[]): Promise<readonly KubeObject[]> {
  const served = await Promise.all(of.map(async (kind) => ((await api.serves(kind)) ? api.list(kind) : [])));
  return served.flat();
}

async function notFound(api: KubernetesApi, name: string, wanted: ComponentKind | undefined) {
  const all: Readonly<Record<ComponentKind, readonly Kind[]>> = {
    HelmRelease: [kinds.helmRelease],
    Kustomization: [kinds.kustomization],
    Workload: workloadKinds,
  };
  const kindsOf = wanted === undefined ? Object.values(all).flat() : all[wanted];
  const installed = await Promise.all(kindsOf.map((kind) => api.serves(kind)));
  const missing = kindsOf.filter((_, index) => installed[index] === false);
  const there = (await listAll(api, kindsOf)).map((object) => `${String(object.kind)} ${object.metadata.name}`);
  const shown = there.length === 0 ? 'nothing of these kinds' : there.slice(0, 12).join(', ');
  const more = there.length > 12 ? ` and ${there.length - 12} more` : '';
  const absent =
    missing.length === 0 ? '' : `; not installed in this cluster: ${missing.map(({ kind }) => kind).join(', ')}`;
  return inputError({
    what: `namespace ${api.namespace} has no ${wanted ?? 'HelmRelease, Kustomization or workload'} "${name}"`,
    why: `it has ${shown}${more}${absent}`,
    hint: 'give another --component, --namespace or --kubeconfig; a component that Flux shall make first has to be applied before it is watched',
  });
}
