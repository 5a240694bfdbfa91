import type { Duration } from './duration.js';
import { stringRef } from './make-reference.js';
import { type Params, type RefsOf, refsTo } from './param.js';
import type { ArrayItems, Owner, StringRef, Text, Value } from './reference.js';
import type { Results } from './result.js';
import type { Script } from './script/sh.js';
import type { When } from './when.js';
import type { EnvSource, Probe, ResourceRequirements, SecurityContext } from './wire/pod.js';
import type { TaskWorkspace } from './workspace.js';

/** One entry of `command` or `args`: a literal, a reference, both joined by {@link text}, or `...params.files`. */
export type Argument = string | StringRef<'task'> | Text<'task'> | ArrayItems<'task'>;

/** The value of an environment variable, or where it comes from. */
export type EnvValue = string | StringRef<'task'> | Text<'task'> | { readonly valueFrom: EnvSource };

/** Environment variables by name. */
export type Env = { readonly [name: string]: EnvValue };

/** A volume of the Task, or of a workspace (`workspaces.source.volume`), inside a container. */
export interface Mount {
  readonly name: Value<'task'>;
  readonly mountPath: Value<'task'>;
  readonly subPath?: Value<'task'>;
  readonly readOnly?: boolean;
}

/** What steps, sidecars and the step template have in common. */
export interface ContainerOptions {
  /** Always a literal with a digest; the image never comes from a param. */
  readonly image?: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly workingDir?: Value<'task'>;
  /**
   * Environment variables. References come first in the pod, whatever the order here: Kubernetes expands `$(NAME)` in a
   * value from the variables before it. A step that uses references may not read a variable from a Secret.
   */
  readonly env?: Env;
  readonly computeResources?: ResourceRequirements;
  readonly volumeMounts?: readonly Mount[];
  readonly securityContext?: SecurityContext;
  /** Not accepted: these variables come before all others. Bind the Secret or ConfigMap as a workspace. */
  readonly envFrom?: never;
  /** The name in an older Tekton: write `computeResources`. */
  readonly resources?: never;
}

/** Options of every step. */
export interface StepOptions {
  /** A DNS label; `tkn` prints it before each log line, so keep it short. */
  readonly name: string;
  readonly displayName?: string;
  /** Runs the step only when all conditions hold; they may use params and results of earlier steps. */
  readonly when?: When<'task'>;
  /** What a failure does to the Task. @default 'stopAndFail' */
  readonly onError?: 'continue' | 'stopAndFail';
  /** How long the step may run. */
  readonly timeout?: Duration;
  /** Workspaces that only the steps and sidecars naming them see, such as credentials. */
  readonly workspaces?: readonly TaskWorkspace[];
  /** Alpha in Tekton: a default install refuses it. */
  readonly stdoutConfig?: never;
  /** Alpha in Tekton: a default install refuses it. */
  readonly stderrConfig?: never;
}

/** A step that runs one program: no shell in between. */
export interface CommandStep extends StepOptions, ContainerOptions {
  readonly command: readonly Argument[];
  readonly args?: readonly Argument[];
  readonly script?: never;
  readonly ref?: never;
}

/** A step that runs a script; arrays arrive through `args` as `"$@"`. */
export interface ScriptStep extends StepOptions, ContainerOptions {
  /** Made by `sh`, or a plain literal that holds no `$(`. */
  readonly script: Script<'task'> | string;
  readonly args?: readonly Argument[];
  readonly command?: never;
  readonly ref?: never;
}

/** The container fields that a StepAction may set. */
type ContainerField =
  | 'image'
  | 'command'
  | 'args'
  | 'script'
  | 'env'
  | 'workingDir'
  | 'securityContext'
  | 'volumeMounts';

/** The container of a StepAction: a program or a script. */
export type ActionBody = Pick<CommandStep, ContainerField> | Pick<ScriptStep, ContainerField>;

/** A step that several Tasks share: `tekton.dev/v1beta1` StepAction. */
export interface StepActionDefinition<P extends Params = Params, R extends Results = Results> {
  readonly kind: 'StepAction';
  readonly name: string;
  readonly owner: Owner;
  readonly description?: string;
  readonly params: P;
  readonly results: R;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly body: ActionBody;
}

/** A StepAction that a resolver fetches. */
export interface RemoteStepAction {
  readonly resolver: Resolver;
  readonly params: { readonly [name: string]: Value<'task'> | readonly string[] };
}

/** Where Tekton can fetch a definition from. */
export type Resolver = 'git' | 'hub' | 'bundles' | 'http' | 'cluster';

/** A step that runs a StepAction; {@link stepFrom} checks its params in TypeScript. */
export interface ActionStep extends StepOptions {
  readonly ref: StepActionDefinition | RemoteStepAction;
  readonly params?: { readonly [name: string]: unknown };
  readonly computeResources?: ResourceRequirements;
  readonly securityContext?: SecurityContext;
  readonly image?: never;
  readonly command?: never;
  readonly args?: never;
  readonly script?: never;
  readonly env?: never;
}

export const STEP: unique symbol = Symbol.for('octopipeline.step');

/** A step whose results later steps can use. */
export interface StepWithResults<R extends Results> {
  readonly [STEP]: { readonly owner: Owner; readonly definitions: R };
  /** References for `env`, `args`, `command` and `when` of later steps. */
  readonly results: RefsOf<R, 'task'>;
}

/** One container of a Task: a program, a script, or a StepAction. They run one after the other. */
export type Step = CommandStep | ScriptStep | ActionStep;

/** Paths to write results to. */
export type ResultPaths<R extends Results> = { readonly [N in keyof R]: { readonly path: StringRef<'task'> } };

/**
 * A step with its own results, which later steps and the Task's results can use.
 *
 * @example
 * const probe = step('probe', { found: result.string() }, ({ results }) => ({
 *   image, command: ['op'], args: ['probe', flag('result', text`found=${results.found.path}`)],
 * }));
 * return [probe, { name: 'use', image, command: ['op'], args: [flag('found', probe.results.found)] }];
 */
export function step<const R extends Results>(
  name: string,
  results: R,
  body: (scope: { readonly results: ResultPaths<R> }) => NamelessStep,
): Step & StepWithResults<R> {
  const owner: Owner = { kind: 'Step', name };
  const paths = resultPaths(results, 'step.results', owner);
  return { name, ...body({ results: paths }), ...outputsOf(name, results, owner) };
}

/** A step without its name. */
export type NamelessStep = Omit<CommandStep, 'name'> | Omit<ScriptStep, 'name'>;

/** The results that a step shows to later steps. */
export function outputsOf<R extends Results>(name: string, results: R, owner: Owner): StepWithResults<R> {
  return {
    [STEP]: { owner, definitions: results },
    results: refsTo(results, { prefix: `steps.${name}.results`, scope: 'task', origin: 'step result', owner }),
  };
}

/** The paths at which results are written. */
export function resultPaths<R extends Results>(results: R, prefix: string, owner: Owner): ResultPaths<R> {
  const paths: Record<string, { readonly path: StringRef<'task'> }> = {};
  for (const name of Object.keys(results)) {
    const expression = `${prefix}.${name}.path`;
    paths[name] = {
      path: stringRef({ kind: 'string', scope: 'task', origin: 'result path', owner, name, expression }),
    };
  }
  return paths as ResultPaths<R>;
}

/** A container that runs alongside the steps. */
export interface Sidecar extends Omit<ContainerOptions, 'image'> {
  readonly name: string;
  /**
   * A literal with a digest. Or a param: then anyone who starts the run chooses the program, so the sidecar may not see any
   * workspace or secret of the Task, and each workspace must be listed by the steps that use it.
   */
  readonly image?: string | StringRef<'task'>;
  readonly command?: readonly Argument[];
  readonly args?: readonly Argument[];
  readonly script?: Script<'task'> | string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly workspaces?: readonly TaskWorkspace[];
}

/** The scope in which the steps of a Task are written. */
export interface TaskScope<P extends Params, R extends Results, W> {
  readonly params: RefsOf<P, 'task'>;
  readonly results: ResultPaths<R>;
  readonly workspaces: { readonly [N in keyof W]: TaskWorkspace };
  readonly context: TaskContext;
}

/** What Tekton tells a step about its run. */
export interface TaskContext {
  readonly taskRun: {
    readonly name: StringRef<'task'>;
    readonly namespace: StringRef<'task'>;
    readonly uid: StringRef<'task'>;
  };
  readonly task: { readonly name: StringRef<'task'>; readonly retryCount: StringRef<'task'> };
}
