import * as v from 'valibot';
import { refusedError } from '../../kit/errors/op-error.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import type { Json } from '../../store/documents/body.js';
import { type Kind, kinds } from '../../systems/kubernetes/api.js';
import type { RunWorkspace } from '../author/tekton.js';
import type { Plan, PlanRun } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { paramOf } from '../worker/tekton.js';
import { problemOfSecrets, problemOfSpec } from './check-task.js';
import { itemLabel } from './options.js';
import { pack } from './packed.js';
import { type ItemRequest, largestRequest } from './request.js';

/** What the runs of items have in common. */
export interface ItemSettings {
  /** Of the repository, for git-clone. */
  readonly url: string;
  /** The Task that clones, and evaluates or runs. */
  readonly task: string;
  /** Of pods with code of the repository, unless its plan names another one. */
  readonly serviceAccount: string;
  /** Those that a plan may name. */
  readonly serviceAccounts: readonly string[];
  /** Those that a Task or a Pipeline of a plan may use. */
  readonly secrets: readonly string[];
  /** Milliseconds that an item may take. */
  readonly timeout: number;
  readonly sslVerify: boolean;
  /** Secrets for git-clone, and a ConfigMap. */
  readonly basicAuth: string | undefined;
  readonly sshKey: string | undefined;
  readonly sslCa: string | undefined;
}

/** An object that does some work of a release. */
export interface ItemRun {
  readonly kind: Kind;
  readonly name: string;
  readonly object: object;
  /** Of all that it does: what has this name and another digest is something else. */
  readonly digest: string;
}

export const digestAnnotation = 'octopipeline/release-item-digest';
const ofAnnotation = 'octopipeline/release-item-of';

/**
 * The same for the same work: who starts it twice finds it there. Short enough for the name of its pod, too.
 * @param of what it does, in words that nothing else has; the first three are of use to a reader
 */
function nameOfRun(of: string): string {
  const [ref = '', does = '', which = ''] = of.split(' ');
  const readable = `${ref} ${does} ${which.slice(0, 12)}`.toLowerCase().replace(/[^a-z0-9]+/gu, '-');
  return `release-${readable.slice(-36).replace(/^-|-$/gu, '')}-${digestOf(of).slice(0, 10)}`;
}

interface Named {
  readonly of: string;
  readonly is: 'plan' | 'function' | 'run';
  readonly kind: typeof kinds.taskRun | typeof kinds.pipelineRun;
}

function itemRun({ of, is, kind }: Named, spec: object): ItemRun {
  const name = nameOfRun(of);
  const digest = digestOf(JSON.stringify(spec));
  const metadata = {
    name,
    labels: { [itemLabel]: is },
    annotations: { [ofAnnotation]: of, [digestAnnotation]: digest },
  };
  return { kind, name, digest, object: { apiVersion: 'tekton.dev/v1', kind: kind.kind, metadata, spec } };
}

/** Pod Security `restricted`; the volumes belong to the group of the steps. */
const podTemplate = {
  securityContext: { fsGroup: 65532, runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
  enableServiceLinks: false,
};

/** A TaskRun that clones a revision and does what a request says. @throws OpError (refused) for a request that is too large */
export function requestRun(settings: ItemSettings, of: string, request: ItemRequest, revision: string): ItemRun {
  const { url, task, serviceAccount, timeout, sslVerify, basicAuth, sshKey, sslCa } = settings;
  const packed = pack(request);
  if (packed.length > largestRequest) {
    throw refusedError({
      what: `the inputs of ${of} are too large for a TaskRun`,
      why: `they have ${packed.length} characters when packed; ${largestRequest} are allowed`,
      hint: 'hand on the name of a file or an image instead of its content',
    });
  }
  const params = { url, revision, request: packed, 'ssl-verify': String(sslVerify) };
  const workspaces = [
    { name: 'source', emptyDir: { sizeLimit: '8Gi' } },
    ...(basicAuth === undefined ? [] : [{ name: 'basic-auth', secret: { secretName: basicAuth } }]),
    ...(sshKey === undefined ? [] : [{ name: 'ssh-directory', secret: { secretName: sshKey } }]),
    ...(sslCa === undefined ? [] : [{ name: 'ssl-ca-directory', configMap: { name: sslCa } }]),
  ];
  return itemRun(
    { of, is: request.do === 'plan' ? 'plan' : 'function', kind: kinds.taskRun },
    {
      taskRef: { name: task },
      serviceAccountName: serviceAccount,
      podTemplate,
      timeout: `${Math.ceil(timeout / 1000)}s`,
      params: paramsOf(params),
      workspaces,
    },
  );
}

const paramsOf = (params: Readonly<Record<string, unknown>>) =>
  Object.entries(params).map(([name, value]) => ({ name, value }));

/** A TaskRun or PipelineRun of a Task or Pipeline of the plan: exactly what was planned. @throws OpError (refused) */
export function plannedRun(
  settings: ItemSettings,
  of: string,
  { documents = {} }: Pick<Plan, 'documents'>,
  planned: PlanRun,
  inputs: Readonly<Record<string, Json>>,
): ItemRun {
  const { kind, name, digest, params, workspaces, timeout, serviceAccount = settings.serviceAccount } = planned;
  if (serviceAccount !== settings.serviceAccount && !settings.serviceAccounts.includes(serviceAccount)) {
    throw refusedError({
      what: `${of} may not run as the ServiceAccount ${serviceAccount}`,
      why: 'the code of a repository chooses it, and nobody has allowed it',
      hint: 'add it to the param service-accounts of the Pipelines release and work, if the code of the repository may have all its rights',
    });
  }
  const text = digest === undefined ? undefined : documents[digest];
  // Approvals are for the digest: what the store of state has under it may be another text by now.
  const objects = text === undefined || digestOf(text) !== digest ? [] : objectsIn(text);
  const find = (wanted: string, kindOf: string) =>
    objects.find((one) => one.kind === kindOf && one.metadata.name === wanted)?.spec;
  const own = find(name, kind);
  if (digest !== undefined && own === undefined) {
    throw refusedError({
      what: `the plan has no ${kind} ${name}`,
      why: 'it is not in the YAML that the plan has for it',
      hint: 'make another release',
    });
  }
  const tasks = kind === 'Task' ? [] : objects.filter((one) => one.kind === 'Task');
  const bound = Object.values(workspaces).flatMap((what) => ('secret' in what ? [what.secret] : []));
  const problem = [
    problemOfSecrets(bound, settings.secrets),
    own && problemOfSpec(kind, own, settings.secrets),
    ...tasks.map(({ spec }) => problemOfSpec('Task', spec, settings.secrets)),
  ].find((one) => one !== undefined);
  if (problem !== undefined) {
    throw refusedError({
      what: `${of} may not run the ${kind} ${name}`,
      why: `the code of a repository chooses it, and ${problem}`,
      hint: 'a Secret: add it to the param secrets of the Pipelines release and work; else install the Task, and name it without files',
    });
  }
  const common = {
    params: paramsOf(
      Object.fromEntries(Object.entries(params).map(([param, input]) => [param, paramOf(param, inputs[input])])),
    ),
    workspaces: Object.entries(workspaces).map(([workspace, what]) => ({ name: workspace, ...bindingOf(of, what) })),
  };
  const limit = timeout ?? `${Math.ceil(settings.timeout / 1000)}s`;
  if (kind === 'Task') {
    const what = own === undefined ? { taskRef: { name } } : { taskSpec: own };
    const spec = { ...what, serviceAccountName: serviceAccount, podTemplate, timeout: limit, ...common };
    return itemRun({ of, is: 'run', kind: kinds.taskRun }, spec);
  }
  const what =
    own === undefined ? { pipelineRef: { name } } : { pipelineSpec: withTasks(own, (task) => find(task, 'Task')) };
  const taskRunTemplate = { serviceAccountName: serviceAccount, podTemplate };
  return itemRun(
    { of, is: 'run', kind: kinds.pipelineRun },
    { ...what, taskRunTemplate, timeouts: { pipeline: limit }, ...common },
  );
}

const object = v.looseObject({
  kind: v.string(),
  metadata: v.looseObject({ name: v.string() }),
  spec: v.looseObject({}),
});

/** The YAML of a plan is JSON: op wrote it. */
function objectsIn(text: string) {
  return text.split('\n---\n').flatMap((part) => {
    const read = v.safeParse(jsonOf(object), part);
    return read.success ? [read.output] : [];
  });
}

const taskList = v.array(v.looseObject({ taskRef: v.optional(v.looseObject({ name: v.optional(v.string()) })) }));

/** A Pipeline whose Tasks are those of the plan; one that is not in it is the installed one. */
function withTasks(spec: object, find: (name: string) => object | undefined): object {
  const within = (list: unknown) => {
    const read = v.safeParse(taskList, list);
    if (!read.success) return list;
    return read.output.map(({ taskRef, ...rest }) => {
      const found = taskRef?.name === undefined ? undefined : find(taskRef.name);
      if (taskRef === undefined) return rest;
      return found === undefined ? { ...rest, taskRef } : { ...rest, taskSpec: found };
    });
  };
  const { tasks, finally: last, ...rest } = spec as { readonly tasks?: unknown; readonly finally?: unknown };
  return { ...rest, tasks: within(tasks), ...(last === undefined ? {} : { finally: within(last) }) };
}

function bindingOf(of: string, what: RunWorkspace): object {
  if ('claim' in what) return { persistentVolumeClaim: { claimName: what.claim } };
  if ('secret' in what) return { secret: { secretName: what.secret } };
  if ('configMap' in what) return { configMap: { name: what.configMap } };
  if ('emptyDir' in what) return { emptyDir: { sizeLimit: '8Gi' } };
  throw refusedError({
    what: `${of} cannot have the directory ${what.directory} of its commit as a workspace`,
    why: 'on a cluster, its pod has no copy of the repository',
    hint: 'clone it in the Task, or put what it needs into a ConfigMap',
  });
}
