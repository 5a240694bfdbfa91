import * as v from 'valibot';
import { inputError } from '../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { ReleaseSelector } from './request.js';

/** A Helm release, and where helm stores it. */
export interface ReleaseLocation {
  readonly name: string;
  /** Namespace of the Secret in which helm stores the release. */
  readonly storageNamespace: string;
}

const shape = v.object({
  spec: v.object({
    releaseName: v.optional(v.string()),
    targetNamespace: v.optional(v.string()),
    storageNamespace: v.optional(v.string()),
    kubeConfig: v.optional(v.unknown()),
  }),
  status: v.optional(
    v.object({
      storageNamespace: v.optional(v.string()),
      history: v.optional(v.array(v.object({ name: v.string() })), []),
    }),
    {},
  ),
});

/** Finds the release of a component: that of its HelmRelease, else the release of the same name. @throws OpError (input) */
export async function findRelease(api: KubernetesApi, selector: ReleaseSelector): Promise<ReleaseLocation> {
  const { name } = selector;
  const sameName = { name, storageNamespace: api.namespace };
  if (selector.by === 'release') return sameName;
  const { kind } = selector;
  if (kind !== undefined && kind !== 'HelmRelease') throw noRelease(name, kind);
  const installed = kind === 'HelmRelease' || (await api.serves(kinds.helmRelease));
  const found = installed ? await api.get(kinds.helmRelease, name) : undefined;
  if (found !== undefined) return locationOf(found, api.namespace);
  if (kind === undefined) return sameName;
  throw inputError({
    what: `HelmRelease ${name} not found in namespace ${api.namespace}`,
    why: 'the component of the environment is a HelmRelease',
    hint: `list them with: kubectl get helmreleases --all-namespaces, then correct --component or --namespace`,
  });
}

/** The release that Flux has installed, else the one it will install. Source: the HelmRelease API, v2. */
function locationOf(found: KubeObject, namespace: string): ReleaseLocation {
  const { name } = found.metadata;
  const { spec, status } = v.parse(shape, found);
  if (spec.kubeConfig !== undefined) {
    throw inputError({
      what: `HelmRelease ${name} is installed in another cluster`,
      why: 'it has spec.kubeConfig, and tests run where the release is',
      hint: 'give --kubeconfig of that cluster, --namespace and --release instead of --component',
    });
  }
  const prefix = spec.targetNamespace === undefined ? '' : `${spec.targetNamespace}-`;
  return {
    name: status.history[0]?.name ?? spec.releaseName ?? `${prefix}${name}`,
    storageNamespace: status.storageNamespace ?? spec.storageNamespace ?? namespace,
  };
}

const noRelease = (name: string, kind: string) =>
  inputError({
    what: `component ${name} has no Helm release`,
    why: `in the environment it is a ${kind}`,
    hint: 'write "tests: none" for the environment into environments.yaml, or name a release with --release',
  });
