/** Which variables a text uses, as Tekton's validation and its DAG see them. */
import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireContainer, WireValue } from '../../tekton/wire/task.js';

const variable = /\$\(([_a-zA-Z0-9.-]+(?:\.[_a-zA-Z0-9.-]+)*(?:\[(?:[0-9]+|\*)\])?)\)/gu;

/** What stands between `$(` and `)`. References in brackets, `params["a"]`, are not seen, as in Tekton. */
export function expressions(text: string | undefined): string[] {
  return [...(text ?? '').matchAll(variable)].map(([, found = '']) => found);
}

export function expressionsOf(value: WireValue): string[] {
  return (typeof value === 'string' ? [value] : Object.values(value)).flatMap(expressions);
}

/** A result that another task makes. */
export interface ResultReference {
  readonly task: string;
  readonly result: string;
  /** Of an item of an array. */
  readonly index?: number;
}

/** `tasks.build.results.images[0]` as task and result; undefined when it is no such reference. */
export function resultReference(expression: string): ResultReference | undefined {
  const parts = expression.split('.');
  const [kind, task = '', results, result = ''] = parts;
  if ((kind !== 'tasks' && kind !== 'finally') || results !== 'results') return undefined;
  const index = /\[([0-9]+)\]/u.exec(result)?.[1];
  if (parts.length === 4) {
    return {
      task,
      result: result.replace(/\[[0-9]*\*?\]/u, ''),
      ...(index === undefined ? {} : { index: Number(index) }),
    };
  }
  return parts.length === 5 ? { task, result } : undefined;
}

/** The tasks that any text in an object speaks of, in every notation: `$(tasks.NAME.`. */
export const tasksNamed = (value: object): string[] => [
  ...new Set([...JSON.stringify(value).matchAll(/\$\(tasks\.([^.)]+)\./gu)].map(([, name = '']) => name)),
];

/** The results that a PipelineTask uses: in params, matrix, when, and the steps and sidecars of an embedded spec. Source: PipelineTaskResultRefs. */
export function resultsUsed(task: WirePipelineTask): ResultReference[] {
  const params = [
    ...(task.params ?? []),
    ...(task.matrix?.params ?? []),
    ...(task.matrix?.include ?? []).flatMap((row) => row.params ?? []),
  ];
  const whens = (task.when ?? []).flatMap(({ input, cel, values = [] }) => [input, cel, ...values]);
  const containers = [...(task.taskSpec?.steps ?? []), ...(task.taskSpec?.sidecars ?? [])];
  return [
    ...params.flatMap(({ value }) => expressionsOf(value)),
    ...[...whens, ...containers.flatMap(textsOf)].flatMap(expressions),
  ].flatMap((expression) => resultReference(expression) ?? []);
}

/** The texts of a step or sidecar where Tekton looks for results; not in `when`, params or mounts of a step. */
export function textsOf(
  container: WireContainer & { readonly name?: string; readonly script?: string },
): (string | undefined)[] {
  const { name, image, imagePullPolicy, script, workingDir, command = [], args = [], env = [] } = container;
  const sources = env.flatMap(({ value, valueFrom }) => {
    if (valueFrom === undefined) return [value];
    const key = 'secretKeyRef' in valueFrom ? valueFrom.secretKeyRef : undefined;
    const other = 'configMapKeyRef' in valueFrom ? valueFrom.configMapKeyRef : undefined;
    return [value, key?.key, key?.name, other?.key, other?.name];
  });
  return [name, image, imagePullPolicy, script, workingDir, ...command, ...args, ...sources];
}
