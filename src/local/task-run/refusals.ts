import { posix } from 'node:path';
import { isOfKernel } from '../../op/kit/process/kernel-files.js';
import type { FakeOf, HostImages, Isolation, LocalProblem } from '../contract.js';
import { checkTokens } from './cluster-token.js';
import { knownFields } from './environment.js';
import { thisMachine } from './host-image.js';
import { literalPaths } from './literal-paths.js';
import { stepContainer } from './pod-paths.js';
import type { Sidecar, Spec, Step, Template } from './task-spec.js';

/** What is known of this machine when a Task is checked. */
export interface Machine {
  readonly hostImage?: HostImages;
  readonly isolation?: Isolation;
  /** Steps for which functions stand: nothing of their containers is refused. */
  readonly fakeOf?: FakeOf;
  /** Whether the image of a step can be fetched. */
  readonly images?: boolean;
  /** The directory where steps of octopipeline keep image info and locks. */
  readonly store?: string | undefined;
}

/** What an image runs is known when it is here. */
const fetched = { entrypoint: [] };

type Report = (path: string, what: string, hint: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** Fields of a container that are kept here, and those that `notEnforced` speaks of. All others are refused. */
const kept = {
  container: [
    ...['name', 'image', 'workingDir', 'command', 'args', 'env', 'envFrom', 'volumeMounts'],
    ...['imagePullPolicy', 'computeResources', 'resources', 'securityContext'],
  ],
  step: ['script', 'displayName', 'description', 'params', 'when', 'results', 'timeout', 'onError', 'workspaces'],
  sidecar: ['script', 'ports', 'readinessProbe', 'startupProbe', 'livenessProbe', 'workspaces'],
} as const;

/**
 * What of a Task cannot be done on this machine, each with its path below the Task: `spec.steps[0].securityContext.privileged`.
 * A Task without any runs here as it does on a cluster, but for what `notEnforced` says.
 */
export function refusals(spec: Spec, machine: Machine = {}): LocalProblem[] {
  const problems: LocalProblem[] = [];
  const report: Report = (path, what, hint) => void problems.push({ path, what, hint });
  const { hostImage = thisMachine(), isolation = 'namespaces', images = false, fakeOf } = machine;
  const known: HostImages = (image) => hostImage(image) ?? (images && isolation === 'namespaces' ? fetched : undefined);
  spec.steps.forEach((step, index) => {
    const path = `spec.steps[${index}]`;
    if (!isFaked(spec, index, fakeOf)) {
      checkContainer(step, [...kept.container, ...kept.step], path, report);
      checkImage(step, spec.stepTemplate, known, path, report);
    }
    step.when?.forEach(({ cel }, at) => {
      if (cel === undefined) return;
      report(`${path}.when[${at}].cel`, 'CEL is an alpha feature of Tekton', 'compare with input, operator and values');
    });
  });
  spec.sidecars?.forEach((sidecar, index) => {
    const path = `spec.sidecars[${index}]`;
    checkContainer(sidecar, [...kept.container, ...kept.sidecar], path, report);
    checkImage(sidecar, undefined, known, path, report);
    for (const name of ['readinessProbe', 'startupProbe'] as const) {
      if (sidecar[name]) checkProbe(sidecar[name], `${path}.${name}`, report);
    }
  });
  const real = spec.steps.filter((_, index) => !isFaked(spec, index, fakeOf));
  if (spec.stepTemplate && real.length > 0)
    checkContainer(spec.stepTemplate, kept.container, 'spec.stepTemplate', report);
  for (const [index, { mountPath }] of (spec.workspaces ?? []).entries()) {
    checkPlace(mountPath, `spec.workspaces[${index}].mountPath`, report);
  }
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    checkVolume(fieldsOf(volume), `spec.volumes[${index}]`, report);
  }
  // A function does not need what its step would need.
  checkTokens({ ...spec, steps: real }, machine.store, report);
  if (isolation === 'variables') literalPaths(spec, report);
  return problems;
}

/** Whether a function stands for the step. */
export function isFaked({ steps, stepTemplate }: Spec, index: number, fakeOf: FakeOf | undefined): boolean {
  const step = steps[index];
  const name = stepContainer(step?.name, index).replace(/^step-/u, '');
  return fakeOf?.({ name, image: step?.image ?? stepTemplate?.image ?? '' }) !== undefined;
}

function checkContainer(
  container: Template & Pick<Step, 'script' | 'workspaces'>,
  known: readonly string[],
  path: string,
  report: Report,
): void {
  for (const [field, value] of Object.entries(container)) {
    if (known.includes(field) || value === undefined || value === null) continue;
    report(`${path}.${field}`, ...unknownField(field));
  }
  if (/^\s*#!win/u.test(container.script ?? '')) {
    report(
      `${path}.script`,
      'a script for Windows does not run on this machine',
      'run it on a cluster with Windows nodes',
    );
  }
  checkRights(fieldsOf(container.securityContext), `${path}.securityContext`, report);
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    checkMount(fieldsOf(mount), `${path}.volumeMounts[${index}]`, report);
  }
  const { workingDir = '', workspaces = [] } = container;
  if (isOfKernel(workingDir)) checkPlace(workingDir, `${path}.workingDir`, report);
  for (const [index, { mountPath }] of workspaces.entries()) {
    checkPlace(mountPath, `${path}.workspaces[${index}].mountPath`, report);
  }
  container.env?.forEach((variable, index) => {
    const source = fieldsOf(variable.valueFrom);
    for (const kind of Object.keys(source)) {
      const field = String(fieldsOf(source[kind]).fieldPath);
      if (kind === 'secretKeyRef' || kind === 'configMapKeyRef') continue;
      if (kind === 'fieldRef' && knownFields[field] !== undefined) continue;
      report(
        `${path}.env[${index}].valueFrom.${kind}`,
        kind === 'fieldRef' ? `there is no pod to take ${field} from` : 'there is no pod to take it from',
        'give the variable a value, or take it from a ConfigMap or Secret',
      );
    }
  });
}

const unknownField = (field: string): [string, string] => {
  if (field === 'ref') return ['the StepAction is not resolved', 'give it as a document in -f'];
  if (field === 'stdoutConfig' || field === 'stderrConfig') {
    return [`${field} is an alpha feature of Tekton`, 'write to a file in the script'];
  }
  return [`local runs do not know the field ${field}`, 'leave it out, or run the Task on a cluster'];
};

function checkRights(rights: Fields, path: string, report: Report): void {
  const cluster = 'run it on a cluster';
  if (rights.privileged === true) {
    report(`${path}.privileged`, 'a privileged container has rights that this user does not have', cluster);
  }
  const added = fieldsOf(rights.capabilities).add;
  if (Array.isArray(added) && added.length > 0) {
    report(`${path}.capabilities.add`, `the capabilities ${added.join(', ')} cannot be given without root`, cluster);
  }
  for (const field of ['windowsOptions', 'procMount']) {
    if (rights[field] !== undefined) report(`${path}.${field}`, `${field} means nothing on this machine`, cluster);
  }
}

function checkMount(mount: Fields, path: string, report: Report): void {
  for (const field of ['subPathExpr', 'mountPropagation', 'recursiveReadOnly']) {
    if (mount[field] !== undefined) report(`${path}.${field}`, ...unknownField(field));
  }
  checkPlace(String(mount.mountPath), `${path}.mountPath`, report);
}

function checkPlace(given: string | undefined, path: string, report: Report): void {
  if (!given) return;
  const place = posix.resolve('/', given);
  if (place !== '/' && !isOfKernel(place)) return;
  report(path, `${place} belongs to the system of this machine`, 'use another path');
}

function checkImage(
  container: Step | Sidecar,
  template: Template | undefined,
  hostImage: HostImages,
  path: string,
  report: Report,
): void {
  const image = container.image ?? template?.image ?? '';
  // A variable has its value when the TaskRun starts, and is checked then.
  if (image.includes('$(')) return;
  const known = hostImage(image);
  if (known === undefined) {
    const hint = `install bubblewrap and crane, and op fetches the image; or, if this machine has what the step needs, add --host-image ${image.replace(/[@:][^/]*$/u, '')}`;
    report(`${path}.image`, `${image} is not known to be this machine`, hint);
  } else if (!container.script && !(container.command ?? template?.command)?.length && known.entrypoint === undefined) {
    const what = `the step runs the ENTRYPOINT of ${image}, which this machine does not know`;
    report(`${path}.command`, what, 'give the step a command or a script');
  }
}

function checkProbe(probe: object, path: string, report: Report): void {
  const seconds = ['initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'];
  for (const field of Object.keys(probe)) {
    if (![...seconds, 'exec', 'httpGet', 'tcpSocket'].includes(field))
      report(`${path}.${field}`, ...unknownField(field));
  }
  const fields = fieldsOf(probe);
  for (const kind of ['httpGet', 'tcpSocket']) {
    for (const field of Object.keys(fieldsOf(fields[kind]))) {
      if (!['path', 'port', 'scheme'].includes(field)) report(`${path}.${kind}.${field}`, ...unknownField(field));
    }
  }
}

function checkVolume(volume: Fields, path: string, report: Report): void {
  const given = ['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim', 'projected'];
  for (const kind of Object.keys(volume)) {
    if (kind === 'name' || given.includes(kind)) continue;
    const place = String(fieldsOf(volume[kind]).path);
    if (kind === 'hostPath' && /docker|containerd|podman/u.test(place)) {
      const hint = 'build with a Task that needs no daemon, or run it on a cluster';
      report(`${path}.hostPath`, `a step would get the container engine of this machine: ${place}`, hint);
    } else if (kind === 'hostPath') {
      report(`${path}.hostPath`, `${place} means a file of a node`, 'give the files as a workspace: -w NAME=DIRECTORY');
    } else {
      report(`${path}.${kind}`, `a volume of the kind ${kind} needs a cluster`, 'use an emptyDir or a workspace');
    }
  }
}

/** The fields of a value from a document, of which nothing is known. */
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
