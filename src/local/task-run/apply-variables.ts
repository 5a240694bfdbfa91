import type { TaskRunRequest, Variables } from '../contract.js';
import { stepResultPaths } from '../variables/names.js';
import {
  contextVariables,
  paramVariables,
  substitute,
  substituteAll,
  substituteList,
  taskVariables,
} from '../variables/substitute.js';
import { podPaths, stepContainer } from './pod-paths.js';
import type { Sidecar, Spec, Step, Template } from './task-spec.js';
import { workspaceVolumes } from './workspace-volumes.js';

/** Makes a path in the pod one that a step can use. */
export type Visible = (path: string) => string;

/**
 * Replaces all variables of a Task but results of steps, in Tekton's order: a value that itself looks like a variable is replaced by
 * what comes later, and not by what came before. Source: pkg/reconciler/taskrun/taskrun.go, resources/apply.go.
 */
export function applyVariables(request: TaskRunRequest, visible: Visible): Spec {
  const { name, taskName, namespace, uid, params, workspaces, retryCount } = request;
  let spec: Spec = request.spec;
  spec = everywhere(spec, paramVariables(params));
  spec = everywhere(
    spec,
    contextVariables({ task: { name: taskName || name, retryCount }, taskRun: { name, namespace, uid } }),
  );
  const volumes = new Map(
    [...workspaceVolumes(workspaces)].flatMap(([volume, { names }]) => names.map((one) => [one, volume])),
  );
  const paths = (spec.workspaces ?? []).flatMap(({ name: workspace, mountPath, optional }) => {
    const path = optional && workspaces[workspace] === undefined ? undefined : mountPath || `/workspace/${workspace}`;
    return [[workspace, path] as const];
  });
  spec = isolatedPaths(spec, workspaces, visible);
  spec = everywhere(
    spec,
    taskVariables({
      workspaces: Object.fromEntries(
        paths.map(([key, path]) => {
          const [claim, volume] = [workspaces[key]?.claim, volumes.get(key)];
          return [key, { path: path && visible(path), ...(claim && { claim }), ...(volume && { volume }) }];
        }),
      ),
      results: (spec.results ?? []).map((result) => result.name),
      steps: spec.steps.map((step, index) => stepContainer(step.name, index)),
      directories: {
        results: visible(podPaths.results),
        steps: visible(podPaths.steps),
        credentials: visible(podPaths.credentials),
      },
    }),
  );
  return { ...spec, steps: spec.steps.map((step, index) => ownPaths(step, stepContainer(step.name, index), visible)) };
}

function ownPaths(step: Step, container: string, visible: Visible): Step {
  const results = (step.results ?? []).map(({ name }) => name);
  const artifacts = new Map([
    ['step.artifacts.path', visible(`${podPaths.steps}/${container}/artifacts/provenance.json`)],
    ['artifacts.path', visible(`${podPaths.artifacts}/provenance.json`)],
  ]);
  return inStep(inStep(step, stepResultPaths(container, results, visible(podPaths.steps))), artifacts);
}

/** A step or sidecar that asks for a workspace at a path of its own gets that path. */
function isolatedPaths(spec: Spec, workspaces: TaskRunRequest['workspaces'], visible: Visible): Spec {
  const own = (used: Step['workspaces']): Variables =>
    new Map(
      (used ?? []).flatMap(({ name, mountPath }) =>
        mountPath && workspaces[name] !== undefined ? [[`workspaces.${name}.path`, visible(mountPath)] as const] : [],
      ),
    );
  return {
    ...spec,
    steps: spec.steps.map((step) => inStep(step, own(step.workspaces))),
    ...(spec.sidecars && { sidecars: spec.sidecars.map((sidecar) => inSidecar(sidecar, own(sidecar.workspaces))) }),
  };
}

function everywhere(spec: Spec, variables: Variables): Spec {
  return {
    ...spec,
    steps: spec.steps.map((step) => inStep(step, variables)),
    ...(spec.stepTemplate && { stepTemplate: inContainer(spec.stepTemplate, variables) }),
    ...(spec.sidecars && { sidecars: spec.sidecars.map((sidecar) => inSidecar(sidecar, variables)) }),
    ...(spec.volumes && { volumes: substituteAll(spec.volumes, variables) }),
    ...(spec.workspaces && {
      workspaces: spec.workspaces.map((workspace) =>
        workspace.mountPath === undefined
          ? workspace
          : { ...workspace, mountPath: substitute(workspace.mountPath, variables) },
      ),
    }),
  };
}

function inStep(step: Step, variables: Variables): Step {
  const { script, onError, when } = step;
  return {
    ...inContainer(step, variables),
    ...(script !== undefined && { script: substitute(script, variables) }),
    ...(onError !== undefined && { onError: substitute(onError, variables) }),
    ...(when && {
      when: when.map((one) => ({
        ...one,
        ...(one.input !== undefined && { input: substitute(one.input, variables) }),
        ...(one.values && { values: substituteList(one.values, variables) }),
      })),
    }),
  };
}

function inSidecar(sidecar: Sidecar, variables: Variables): Sidecar {
  const { script } = sidecar;
  return {
    ...inContainer(sidecar, variables),
    ...(script !== undefined && { script: substitute(script, variables) }),
  };
}

function inContainer<Container extends Template & { readonly name?: string }>(
  container: Container,
  variables: Variables,
): Container {
  const { name, image, imagePullPolicy, workingDir, command, args, env, envFrom, volumeMounts } = container;
  const given = { name, image, imagePullPolicy, workingDir, command, args, env, envFrom, volumeMounts };
  const replaced = substituteAll(given, variables);
  return { ...container, ...Object.fromEntries(Object.entries(replaced).filter(([, value]) => value !== undefined)) };
}
