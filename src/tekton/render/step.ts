import { stored } from '../duration.js';
import { written } from '../reference.js';
import type { Results } from '../result.js';
import { SCRIPT, type Script } from '../script/sh.js';
import {
  type ActionStep,
  type ContainerOptions,
  type Sidecar,
  STEP,
  type Step,
  type StepWithResults,
} from '../step.js';
import type { VolumeMount } from '../wire/pod.js';
import type { WireContainer, WireRef, WireSidecar, WireStep } from '../wire/task.js';
import { type TaskWorkspace, WORKSPACE } from '../workspace.js';
import { resultSpecs } from './declare.js';
import { envVars } from './env.js';
import { fields, some } from './fields.js';
import { wireParams, wireWhen } from './value.js';

/** A step, in the order people write it: what it is, what it runs, what it gets, and how. */
export function wireStep(step: Step): WireStep {
  if (step.ref !== undefined) return wireActionStep(step);
  const container = wireContainer(step, scriptOf(step.script));
  return fields<WireStep>({
    name: step.name,
    displayName: step.displayName,
    image: container.image,
    imagePullPolicy: container.imagePullPolicy,
    when: some(wireWhen(step.when)),
    workingDir: container.workingDir,
    command: step.command?.map(written),
    args: some(step.args?.map(written)),
    env: container.env,
    script: bodyOf(step.script),
    results: some(resultSpecs(ownResults(step))),
    workspaces: stepWorkspaces(step.workspaces),
    volumeMounts: container.volumeMounts,
    computeResources: container.computeResources,
    securityContext: container.securityContext,
    timeout: stored(step.timeout),
    onError: step.onError,
    ref: undefined,
    params: undefined,
  });
}

/** The results that a step declares itself. */
export function ownResults(step: Step): Results {
  const own = step as Step & Partial<StepWithResults<Results>>;
  return own[STEP]?.definitions ?? {};
}

function wireActionStep(step: ActionStep): WireStep {
  const ref: WireRef =
    'kind' in step.ref ? { name: step.ref.name } : { resolver: step.ref.resolver, params: wireParams(step.ref.params) };
  return fields<Pick<WireStep, 'name'> & Partial<WireStep>>({
    name: step.name,
    displayName: step.displayName,
    ref,
    when: some(wireWhen(step.when)),
    params: some(wireParams(step.params)),
    workspaces: stepWorkspaces(step.workspaces),
    computeResources: step.computeResources,
    securityContext: step.securityContext,
    timeout: stored(step.timeout),
    onError: step.onError,
  });
}

/** What every container has, with references written out. */
export function wireContainer(options: ContainerOptions | Sidecar, script?: Script): WireContainer {
  return fields<WireContainer>({
    image: options.image === undefined ? undefined : written(options.image),
    imagePullPolicy: options.imagePullPolicy,
    workingDir: options.workingDir === undefined ? undefined : written(options.workingDir),
    env: some(envVars(script, options.env)),
    volumeMounts: some(
      options.volumeMounts?.map((mount) =>
        fields<VolumeMount>({
          name: written(mount.name),
          mountPath: written(mount.mountPath),
          subPath: mount.subPath === undefined ? undefined : written(mount.subPath),
          readOnly: mount.readOnly,
        }),
      ),
    ),
    computeResources: options.computeResources,
    securityContext: options.securityContext,
    command: undefined,
    args: undefined,
  });
}

/** A sidecar. */
export function wireSidecar(sidecar: Sidecar): WireSidecar {
  const container = wireContainer(sidecar, scriptOf(sidecar.script));
  return fields<WireSidecar>({
    name: sidecar.name,
    image: container.image,
    imagePullPolicy: container.imagePullPolicy,
    workingDir: container.workingDir,
    command: sidecar.command?.map(written),
    args: some(sidecar.args?.map(written)),
    env: container.env,
    script: bodyOf(sidecar.script),
    ports: sidecar.ports,
    readinessProbe: sidecar.readinessProbe,
    livenessProbe: sidecar.livenessProbe,
    startupProbe: sidecar.startupProbe,
    workspaces: stepWorkspaces(sidecar.workspaces),
    volumeMounts: container.volumeMounts,
    computeResources: container.computeResources,
    securityContext: container.securityContext,
  });
}

/** The script, if it was made by `sh`. */
export function scriptOf(script: unknown): Script | undefined {
  return typeof script === 'object' && script !== null && SCRIPT in script ? (script as Script) : undefined;
}

/** The text of a script. */
export function bodyOf(script: Script | string | undefined): string | undefined {
  return scriptOf(script)?.[SCRIPT].body ?? (typeof script === 'string' ? script : undefined);
}

function stepWorkspaces(workspaces: readonly TaskWorkspace[] | undefined): WireStep['workspaces'] {
  return some(workspaces?.map(({ [WORKSPACE]: { name, mountPath } }) => ({ name, mountPath })));
}
