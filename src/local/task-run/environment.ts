import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import type { EnvVar } from '../../tekton/wire/pod.js';
import type { TaskRunRequest } from '../contract.js';
import { childName } from '../runs/child-name.js';
import type { Template } from './task-spec.js';

export type Environment = Readonly<Record<string, string>>;

/**
 * Replaces `$(NAME)` by a variable of the environment; `$$` is a `$`, and an unknown name stays.
 * Source: Kubernetes, third_party/forked/golang/expansion.
 */
export function expand(text: string, environment: Environment): string {
  let done = '';
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1];
    if (text[at] !== '$' || next === undefined) {
      done += text[at];
    } else if (next === '$') {
      done += '$';
      at++;
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2);
      if (end === -1) {
        done += '$(';
        at++;
      } else {
        const name = text.slice(at + 2, end);
        done += Object.hasOwn(environment, name) ? environment[name] : `$(${name})`;
        at = end;
      }
    } else {
      done += `$${next}`;
      at++;
    }
  }
  return done;
}

/** The variables that a container asks for: `envFrom`, then `env`, each expanded with what is known so far. */
export async function environmentOf(container: Template, request: TaskRunRequest): Promise<Environment> {
  const environment: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const kind = configMapRef ? 'ConfigMap' : 'Secret';
    const directory = (configMapRef ? request.configMaps : request.secrets)?.[reference.name];
    if (directory === undefined) {
      if (reference.optional) continue;
      throw missing(kind, reference.name);
    }
    for (const key of await readdir(directory)) {
      if (!key.startsWith('.')) environment[`${prefix}${key}`] = await readFile(join(directory, key), 'utf8');
    }
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(variable.valueFrom, request)
      : expand(variable.value ?? '', environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

async function valueFrom(
  source: NonNullable<EnvVar['valueFrom']>,
  request: TaskRunRequest,
): Promise<string | undefined> {
  if ('fieldRef' in source) return fieldOf(source.fieldRef.fieldPath, request);
  const [kind, { name, key, optional }, known] =
    'secretKeyRef' in source
      ? (['Secret', source.secretKeyRef, request.secrets] as const)
      : (['ConfigMap', source.configMapKeyRef, request.configMaps] as const);
  const directory = known?.[name];
  const file = directory && !key.includes('/') ? join(directory, key) : undefined;
  const value = file && (await readFile(file, 'utf8').catch(() => undefined));
  if (value === undefined && !optional) throw missing(kind, `${name}, key ${key}`);
  return value;
}

/** What a pod says about itself, as far as a TaskRun on this machine has it. */
export const knownFields: Readonly<Record<string, (request: TaskRunRequest) => string>> = {
  'metadata.name': podName,
  'metadata.namespace': ({ namespace }) => namespace,
  'metadata.uid': ({ uid }) => uid,
  'spec.serviceAccountName': () => 'default',
  'status.hostIP': () => '127.0.0.1',
  'status.podIP': () => '127.0.0.1',
};

const fieldOf = (path: string, request: TaskRunRequest): string | undefined => knownFields[path]?.(request);

/** The name that the pod of a TaskRun has on a cluster. */
export function podName({ name, retryCount }: Pick<TaskRunRequest, 'name' | 'retryCount'>): string {
  const suffix = retryCount > 0 ? `-pod-retry${retryCount}` : '-pod';
  return childName(name, suffix);
}

const missing = (kind: 'ConfigMap' | 'Secret', name: string) =>
  inputError({
    what: `a variable of a step comes from the ${kind} ${name}`,
    why: 'there is no such file on this machine',
    hint: `give the ${kind} as a document in -f, or as a directory`,
  });
