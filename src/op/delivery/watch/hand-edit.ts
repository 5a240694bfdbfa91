import { oneLine } from '../../kit/log/printable.js';
import { type FieldManager, type FieldPath, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { type FluxRef, fluxName } from '../flux/flux-object.js';
import { ownersOf } from '../flux/parse-flux-object.js';
import type { WorkloadJudgement } from './judge/judge-workload.js';
import type { WatchStatus } from './observe/watch-status.js';
import { workloadKinds } from './read/workload.js';

/** A change in the cluster that no delivery made. */
export interface HandEdit {
  readonly why: string;
  readonly hint: string;
}

/** What applies manifests. Anything else that owns a field of theirs changed it behind their back. */
const appliers = new Set(
  ['helm', 'kustomize', 'source', 'image-automation', 'notification'].flatMap((name) => [
    `${name}-controller`,
    `gotk-${name}-controller`,
  ]),
)
  .add('flux')
  .add('octopipeline');

/** The fields of Flux objects that decide which images are applied. */
const deciding: Readonly<Record<string, readonly string[]>> = {
  HelmRelease: ['values', 'valuesFrom', 'chart', 'chartRef', 'postRenderers'],
  Kustomization: ['images', 'patches', 'postBuild', 'path', 'sourceRef', 'components'],
};

/** What people use on an object that Flux did not apply: its manifest may well have been applied with kubectl. */
const editors = new Set(['kubectl-edit', 'kubectl-patch', 'kubectl-set', 'kubectl-replace']);

const again =
  'deliver again: Flux then writes what the manifests say over this change; if it shall stay, make it in the manifests';

/**
 * Finds who changed by hand what keeps the expected images from running: the image in a template, else the HelmRelease or the Kustomization.
 * Only where Flux applies the manifests. Never throws: it explains another failure.
 */
export async function findHandEdit(api: KubernetesApi, status: WatchStatus): Promise<HandEdit | undefined> {
  const { snapshot, judgement } = status;
  if (snapshot?.flux === undefined || judgement === undefined) return undefined;
  const differing = judgement.workloads.filter(({ state }) => state === 'differs');
  for (const workload of differing) {
    const found = await editOfTemplate(api, workload).catch(() => undefined);
    if (found !== undefined) return found;
  }
  for (const { object, role } of snapshot.flux.parts) {
    const fields = deciding[object.kind.kind];
    if (role === 'source' || fields === undefined) continue;
    const managers = await api.fieldManagers(object.kind, object.name, object.namespace).catch(() => []);
    const byHand = managers.filter(({ name }) => (object.owners.length > 0 ? !appliers.has(name) : editors.has(name)));
    const edit = newest(byHand, ([first, field]) => first === 'spec' && fields.includes(field ?? ''));
    if (edit !== undefined) return { why: described(edit, fluxName(object)), hint: again };
  }
  return undefined;
}

async function editOfTemplate(api: KubernetesApi, judged: WorkloadJudgement): Promise<HandEdit | undefined> {
  const { workload, expectedByContainer } = judged;
  const kind = workloadKinds.find((one) => one.kind === workload.kind);
  if (kind === undefined) return undefined;
  const managers = await api.fieldManagers(kind, workload.name, workload.namespace);
  const byHand = managers.filter(({ name }) => !appliers.has(name));
  const isImage = (path: FieldPath) =>
    path.at(-1) === 'image' && [...expectedByContainer.keys()].some((name) => path.at(-2) === `name=${name}`);
  const edit = newest(byHand, isImage);
  if (edit === undefined) return undefined;
  const [owner] = ownersOf(workload.labels);
  return { why: described(edit, `${workload.kind} ${workload.name}`), hint: `${again}${byForce(owner)}` };
}

/** Helm does nothing while chart and values stay as they are. Source: helm-controller, "Drift detection" and "Forcing a release". */
const byForce = (owner: FluxRef | undefined) =>
  owner?.kind === kinds.helmRelease
    ? `; a release of the same chart and values is applied again only by: flux reconcile helmrelease ${owner.name} --namespace=${owner.namespace} --force`
    : '';

interface Edit {
  readonly name: string;
  readonly time: string;
  readonly path: FieldPath;
}

/** Who changed such a field last. */
function newest(managers: readonly FieldManager[], isWanted: (path: FieldPath) => boolean): Edit | undefined {
  return managers
    .flatMap(({ name, time, paths }) => paths.filter(isWanted).map((path): Edit => ({ name, time, path })))
    .toSorted((one, other) => (one.time < other.time ? 1 : -1))[0];
}

const described = ({ name, time, path }: Edit, object: string) =>
  `${oneLine(path.join('.'), 150)} of ${object} was last changed by ${oneLine(name, 60)}${time === '' ? '' : ` at ${time}`}, not by Flux`;
