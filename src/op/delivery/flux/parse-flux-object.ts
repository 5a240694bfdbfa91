import * as v from 'valibot';
import { type Kind, type KubeObject, kinds } from '../../systems/kubernetes/api.js';
import { conditionShape } from './condition.js';
import type { FluxObject, FluxRef, InventoryEntry } from './flux-object.js';

const text = v.optional(v.string());
const number = v.optional(v.number(), 0);
const reference = v.object({ kind: v.string(), name: v.string(), namespace: text });
const action = v.optional(
  v.object({
    remediation: v.optional(v.object({ retries: v.optional(v.number()) })),
    strategy: v.optional(v.object({ name: v.string() })),
  }),
);
/** Source: the API types of helm-controller 1.6, kustomize-controller 1.9 and source-controller 1.9. */
const shape = v.object({
  spec: v.object({
    suspend: v.optional(v.boolean(), false),
    type: text,
    provider: text,
    targetNamespace: text,
    kubeConfig: v.optional(v.unknown()),
    chart: v.optional(v.union([v.object({ spec: v.object({ sourceRef: reference }) }), v.string()])),
    chartRef: v.optional(reference),
    sourceRef: v.optional(reference),
    install: action,
    upgrade: action,
  }),
  status: v.optional(
    v.object({
      observedGeneration: number,
      conditions: v.optional(v.array(conditionShape), []),
      lastHandledReconcileAt: text,
      helmChart: text,
      artifact: v.optional(v.object({ revision: v.optional(v.string(), '') })),
      observedSourceArtifactRevision: text,
      lastAttemptedRevision: text,
      lastAttemptedRevisionDigest: text,
      lastAttemptedReleaseAction: text,
      installFailures: number,
      upgradeFailures: number,
      history: v.optional(v.array(v.looseObject({ version: v.optional(v.number()), status: text })), []),
      inventory: v.optional(v.object({ entries: v.optional(v.array(v.object({ id: v.string() })), []) })),
    }),
    { observedGeneration: 0, conditions: [], installFailures: 0, upgradeFailures: 0, history: [] },
  ),
});
type Spec = v.InferOutput<typeof shape>['spec'];
type Status = v.InferOutput<typeof shape>['status'];

/** The annotation that requests a reconciliation now. Source: fluxcd/pkg/apis/meta, ReconcileRequestAnnotation. */
export const requestAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** Reads a Flux object from the API server. @throws ValiError when it is not one */
export function parseFluxObject(kind: Kind, object: KubeObject): FluxObject {
  const { spec, status } = v.parse(shape, object);
  const { name, namespace = '', labels = {}, annotations = {}, generation = 0, resourceVersion } = object.metadata;
  const self = { kind, namespace, name };
  return {
    ...self,
    version: resourceVersion,
    generation,
    observedGeneration: status.observedGeneration,
    suspended: spec.suspend,
    conditions: status.conditions,
    requestedAt: annotations[requestAnnotation],
    handledAt: status.lastHandledReconcileAt,
    isStatic: kind === kinds.helmRepository && spec.type === 'oci',
    owners: ownersOf(labels).filter((owner) => !isSame(owner, self)),
    sources: sourcesOf(kind, namespace, spec, status),
    artifactRevision: status.artifact?.revision,
    attemptedRevision:
      status.lastAttemptedRevisionDigest || status.lastAttemptedRevision || status.observedSourceArtifactRevision,
    retriesLeft: hasRetriesLeft(spec, status),
    release: newestRelease(status),
    targetNamespace: spec.targetNamespace ?? namespace,
    targetsOtherCluster: spec.kubeConfig !== undefined,
    inventory: (status.inventory?.entries ?? []).map(({ id }) => parseInventoryId(id)),
  };
}

const isSame = (one: FluxRef, other: FluxRef) =>
  one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;

/** The Flux objects that applied an object, according to its labels. */
export function ownersOf(labels: Readonly<Record<string, string>>): readonly FluxRef[] {
  return [kinds.helmRelease, kinds.kustomization].flatMap((kind) => {
    const [name, namespace] = [labels[`${kind.group}/name`], labels[`${kind.group}/namespace`]];
    return name === undefined || namespace === undefined ? [] : [{ kind, namespace, name }];
  });
}

const sourceKinds: readonly Kind[] = [
  kinds.ociRepository,
  kinds.gitRepository,
  kinds.helmRepository,
  kinds.helmChart,
  kinds.bucket,
];

function sourcesOf(kind: Kind, ownNamespace: string, spec: Spec, { helmChart }: Status): readonly FluxRef[] {
  const refTo = (from: v.InferOutput<typeof reference> | undefined): FluxRef[] => {
    const found = sourceKinds.find((one) => one.kind === from?.kind);
    return found === undefined || from === undefined
      ? []
      : [{ kind: found, namespace: from.namespace ?? ownNamespace, name: from.name }];
  };
  if (kind === kinds.kustomization) return refTo(spec.sourceRef);
  if (kind === kinds.helmChart) return refTo(spec.sourceRef).map((source) => ({ ...source, namespace: ownNamespace }));
  if (kind !== kinds.helmRelease) return [];
  if (spec.chartRef !== undefined) return refTo(spec.chartRef);
  const chart = typeof spec.chart === 'object' ? refTo(spec.chart.spec.sourceRef) : [];
  const [namespace, name] = helmChart?.split('/') ?? [];
  return namespace === undefined || name === undefined ? chart : [...chart, { kind: kinds.helmChart, namespace, name }];
}

/** Whether Flux will retry a failed release a limited number of times. Endless retries count as none: waiting for them never ends. */
function hasRetriesLeft(spec: Spec, status: Status): boolean {
  const first = status.lastAttemptedReleaseAction === 'install';
  const strategy = first ? spec.install : spec.upgrade;
  const retries = strategy?.remediation?.retries ?? 0;
  const failures = first ? status.installFailures : status.upgradeFailures;
  return strategy?.strategy?.name !== 'RetryOnFailure' && retries > 0 && failures <= retries;
}

function newestRelease({ history }: Status): string | undefined {
  const newest = [...history].sort((one, other) => (other.version ?? 0) - (one.version ?? 0))[0];
  return newest?.status;
}

/** `<namespace>_<name>_<group>_<kind>`. Source: fluxcd/cli-utils, object.ParseObjMetadata. */
function parseInventoryId(id: string): InventoryEntry {
  const [namespace = '', ...rest] = id.split('_');
  const kind = rest.pop() ?? '';
  const group = rest.pop() ?? '';
  return { namespace, name: rest.join('_').replaceAll('__', ':'), group, kind };
}
