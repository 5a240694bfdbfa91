import * as v from 'valibot';
import { inputError } from '../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { Sought } from './request.js';

/** A Helm release, and where helm keeps it. */
export interface Place {
  readonly name: string;
  /** Of the Secret that helm keeps the release in. */
  readonly storage: string;
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

/** The release of a component: that of its HelmRelease, else the one of its name. @throws OpError (input) */
export async function findRelease(api: KubernetesApi, sought: Sought): Promise<Place> {
  const plain = { name: sought.name, storage: api.namespace };
  if (sought.by === 'release') return plain;
  if (sought.kind !== undefined && sought.kind !== 'HelmRelease') throw noRelease(sought.name, sought.kind);
  const there = sought.kind === 'HelmRelease' || (await api.serves(kinds.helmRelease));
  const found = there ? await api.get(kinds.helmRelease, sought.name) : undefined;
  if (found !== undefined) return placeOf(found, api.namespace);
  if (sought.kind === undefined) return plain;
  throw inputError({
    what: `there is no HelmRelease ${sought.name} in namespace ${api.namespace}`,
    why: 'the environment says that its component is one',
    hint: `look for it with: kubectl get helmreleases --all-namespaces, then correct --component or --namespace`,
  });
}

/** What Flux has installed, else what it will install. Source: the HelmRelease API, v2. */
function placeOf(found: KubeObject, namespace: string): Place {
  const { name } = found.metadata;
  const { spec, status } = v.parse(shape, found);
  if (spec.kubeConfig !== undefined) {
    throw inputError({
      what: `HelmRelease ${name} is installed in another cluster`,
      why: 'its spec.kubeConfig says so, and tests run where the release is',
      hint: 'give --kubeconfig of that cluster, --namespace and --release instead of --component',
    });
  }
  const prefix = spec.targetNamespace === undefined ? '' : `${spec.targetNamespace}-`;
  return {
    name: status.history[0]?.name ?? spec.releaseName ?? `${prefix}${name}`,
    storage: status.storageNamespace ?? spec.storageNamespace ?? namespace,
  };
}

const noRelease = (name: string, kind: string) =>
  inputError({
    what: `component ${name} has no Helm release`,
    why: `the environment says that it is a ${kind}`,
    hint: 'write "tests: none" for it into environments.yaml, or name a release with --release',
  });
