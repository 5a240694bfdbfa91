import { tasksOf } from '../containers.js';
import type { Rule } from '../document.js';
import type { Container, TaskSpec } from '../objects.js';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Catalog rules 1, 2 and 4 for sidecars: a sidecar runs a third-party program or, as the builder, one that the user of a run chooses.
 * So it has a fixed command, sees no workspace, Secret or token, only directories that a step fills; and it has resource requests.
 */
export const sidecarsSeeNothing: Rule = (documents) =>
  tasksOf(documents).flatMap(({ where, spec }) =>
    (spec.sidecars ?? []).flatMap((sidecar, index) =>
      [...commandProblems(sidecar), ...viewProblems(sidecar, spec), ...resourceProblems(sidecar)].map((message) => ({
        where: `${where} > sidecars[${index}] ${sidecar.name ?? ''}`,
        message,
      })),
    ),
  );

function commandProblems({ command = [], args = [], script = '', env = [], envFrom = [] }: Container): string[] {
  const references = [...command, ...args, script].filter((text) =>
    /\$\((?:params|workspaces|context|results)/u.test(text),
  );
  return [
    ...references.map((text) => `its command contains a reference: ${text}`),
    ...(env.length + envFrom.length > 0 ? ['has variables'] : []),
  ];
}

/** Tekton mounts a workspace into every sidecar, unless a step or sidecar lists it for itself; then only into those. */
function viewProblems(sidecar: Container, task: TaskSpec): string[] {
  const { steps, workspaces = [], volumes = [] } = task;
  const mounts = sidecar.volumeMounts ?? [];
  const own = (sidecar.workspaces ?? []).map(({ name }) => name);
  const taken = new Set(steps.flatMap((step) => step.workspaces ?? []).map(({ name }) => name));
  return [
    ...own.map((name) => `uses the workspace ${name}`),
    ...workspaces
      .filter(({ name }) => !own.includes(name) && !taken.has(name))
      .map(({ name }) => `sees the workspace ${name}, which no step lists for itself`),
    ...mounts
      .filter(({ name }) => !volumes.some((volume) => volume.name === name && volume.emptyDir !== undefined))
      .map(({ name }) => `mounts ${name}, which is not an emptyDir`),
    ...(mounts.some(({ mountPath }) => mountPath === tokenPath) ? [] : ['may get a token for the Kubernetes API']),
    ...steps.flatMap((step) => nestedProblems(step, mounts, task)),
  ];
}

/** What a step has mounted below a directory that the sidecar shares leaves an empty directory there: part of what is built. */
function nestedProblems(
  step: Container,
  mounts: Container['volumeMounts'] = [],
  { workspaces = [] }: TaskSpec,
): string[] {
  const shared = (step.volumeMounts ?? []).filter(({ name }) => mounts.some((mount) => mount.name === name));
  return workspaces
    .filter(({ name }) => step.workspaces?.some((taken) => taken.name === name))
    .flatMap(({ name, mountPath = `/workspace/${name}` }) =>
      shared
        .filter((mount) => mountPath.startsWith(`${mount.mountPath}/`))
        .map((mount) => `shares ${mount.mountPath} with step ${step.name}, which has the workspace ${name} below it`),
    );
}

function resourceProblems({ computeResources: { requests, limits } = {} }: Container): string[] {
  return [
    ...(requests?.cpu === undefined || requests.memory === undefined ? ['does not request cpu and memory'] : []),
    ...(limits?.memory === undefined ? ['has no limit of memory'] : []),
  ];
}
