/** YAML of anybody to the objects that local runs work with. */
import type { ObjectMeta } from '../../tekton/wire/pod.js';
import type { WirePipelineRun, WireTaskRun } from '../../tekton/wire/run.js';
import type { WireStepAction } from '../../tekton/wire/task.js';
import { type Checked, check } from '../check/check.js';
import { checkObject } from '../check/object.js';
import type { LocalPipeline, LocalProblem, LocalTask, RefSource } from '../contract.js';
import { isOwn, ownAnnotations } from '../pipelines-as-code/annotations.js';
import { explainPlaceholder, marksIn, placeholdersIn, unmarked } from '../pipelines-as-code/placeholders.js';
import { toV1 } from './convert.js';
import { withDefaults } from './defaults.js';
import { isObject, type Json, type JsonObject, type Parsed, parseFile } from './parse.js';
import { type Path, rootType, shaped } from './shape.js';

export interface LocalStepAction {
  readonly name: string;
  readonly spec: WireStepAction['spec'];
  readonly source: string;
  readonly refSource?: RefSource;
}

interface RunOf<Kind, Spec> {
  readonly kind: Kind;
  /** Of the document: `name`, or `generateName`, which needs five letters more. */
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly source: string;
}

export type LocalRun = RunOf<'PipelineRun', WirePipelineRun['spec']> | RunOf<'TaskRun', WireTaskRun['spec']>;

/** An object that is not Tekton's: ConfigMaps, Secrets and claims are used, others are for clusters. */
export interface LocalObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly value: JsonObject;
  readonly source: string;
}

export interface Documents {
  readonly tasks: readonly LocalTask[];
  readonly pipelines: readonly LocalPipeline[];
  readonly stepActions: readonly LocalStepAction[];
  readonly runs: readonly LocalRun[];
  readonly others: readonly LocalObject[];
  /** Nothing may be started while there is one. An object with a problem is in no list. */
  readonly problems: readonly LocalProblem[];
  /** Fields that have no effect on this machine, and objects that are for clusters only. */
  readonly notes: readonly LocalProblem[];
}

/** A file with documents. */
export interface DocumentFile {
  readonly source: string;
  readonly text: string;
  /** Names of placeholders that have no value: `text` has their marks. An object that has one is a problem. */
  readonly unknown?: readonly string[];
  /** Names of placeholders that stay as text: a note says so where one is. */
  readonly left?: readonly string[];
}

/**
 * Reads any number of documents, `List`s included, of `tekton.dev/v1` and `v1beta1`, as Tekton stores them: converted, with defaults.
 * Every field is known to Tekton and can be honoured here, or it is a problem or a note.
 *
 * @param allows whether something that this machine cannot do is let through: its field is left out, and it is no problem
 * @example const { tasks, problems } = readDocuments([{ source: 'task.yaml', text }]);
 */
export function readDocuments(files: readonly DocumentFile[], allows: Allows = () => false): Documents {
  const into = {
    tasks: [] as LocalTask[],
    pipelines: [] as LocalPipeline[],
    stepActions: [] as LocalStepAction[],
    runs: [] as LocalRun[],
    others: [] as LocalObject[],
    problems: [] as LocalProblem[],
    notes: [] as LocalProblem[],
  };
  for (const file of files) {
    const { parsed, problems } = parseFile(file);
    into.problems.push(...problems);
    for (const one of parsed) {
      const { unknown = [], left = [] } = file;
      if (unknown.length === 0) readOne(one, into, allows);
      else readTemplate(one, unknown, into, allows);
      if (left.length > 0) into.notes.push(...leftIn(one, left));
    }
  }
  into.problems.push(...duplicates(into));
  return into;
}

type Allows = (problem: LocalProblem) => boolean;

/** An object in which a placeholder has no value cannot be used, but for annotations: they are for other programs. */
function readTemplate(parsed: Parsed, unknown: readonly string[], into: Into, allows: Allows): void {
  const marked = textsOf(parsed.value, [])
    .filter(([, [first, second, key]]) => first !== 'metadata' || second !== 'annotations' || isOwn(String(key)))
    .flatMap(([text, path]) => [...new Set(marksIn(text, unknown))].map((name) => [name, path] as const));
  if (marked.length === 0) readOne({ ...parsed, value: withoutMarks(parsed.value, unknown) }, into, allows);
  const value = isObject(parsed.value) ? parsed.value : {};
  const root = unmarked(`${typeof value.kind === 'string' ? value.kind : ''}/${nameOf(value)}`, unknown);
  for (const [name, path] of marked) {
    const at = `${parsed.source}:${parsed.lineOf(path)}`;
    into.problems.push({ path: `${root} > ${unmarked(written(path), unknown)}`, ...explainPlaceholder(name), at });
  }
}

/** Where placeholders stay as text. */
function leftIn(parsed: Parsed, left: readonly string[]): LocalProblem[] {
  const value = isObject(parsed.value) ? parsed.value : {};
  const root = `${typeof value.kind === 'string' ? value.kind : ''}/${nameOf(value)}`;
  return textsOf(parsed.value, []).flatMap(([text, path]) =>
    placeholdersIn(text)
      .filter((name) => left.includes(name))
      .map((name) => {
        const what = `{{ ${name} }} stays as text; give it with --event ${name}=VALUE`;
        return { path: `${root} > ${written(path)}`, what, hint: '', at: `${parsed.source}:${parsed.lineOf(path)}` };
      }),
  );
}

function withoutMarks(value: Json, unknown: readonly string[]): Json {
  if (typeof value === 'string') return unmarked(value, unknown);
  if (Array.isArray(value)) return value.map((item: Json) => withoutMarks(item, unknown));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutMarks(item, unknown)]));
}

/** Every text in a value, names of fields too, and where it is. */
function textsOf(value: Json, path: Path): (readonly [string, Path])[] {
  if (typeof value === 'string') return [[value, path]];
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => textsOf(item, [...path, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    [key, [...path, key]] as const,
    ...textsOf(item, [...path, key]),
  ]);
}

type Into = { [Key in keyof Documents]: Documents[Key][number][] };

function readOne(parsed: Parsed, into: Into, allows: Allows): void {
  const { source, value } = parsed;
  const at = (path: Path) => `${source}:${parsed.lineOf(path)}`;
  const refuse = (path: string, what: string, hint: string) => into.problems.push({ path, what, hint, at: at([]) });
  if (!isObject(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') {
    refuse(source, 'is no Kubernetes object', 'give it apiVersion and kind, or leave the document out');
    return;
  }
  const { apiVersion, kind } = value;
  const name = nameOf(value);
  const root = `${kind}/${name}`;
  if (!/^tekton\.dev\//.test(apiVersion)) {
    const object = { apiVersion, kind, name, value, source };
    const before = into.problems.length;
    checkObject(object, (path, what, hint) => {
      into.problems.push({ path: `${root} > ${path}`, what, hint, at: at(stepsOf(path)) });
    });
    if (into.problems.length === before) into.others.push(object);
    if (!used.has(`${apiVersion}/${kind}`)) {
      const what = `${kind} is for clusters, and has no effect on this machine`;
      into.notes.push({ path: root, what, hint: '', at: at([]) });
    }
    return;
  }
  const type = rootType(apiVersion, kind);
  if (type === undefined) {
    const hint = 'use Task, Pipeline, TaskRun or PipelineRun of tekton.dev/v1, or StepAction of tekton.dev/v1beta1';
    refuse(root, `${apiVersion} ${kind} cannot be run on this machine`, hint);
    return;
  }
  const before = into.problems.length;
  const object = shaped(type, value, [], (found, path, what, hint) => {
    const problem = { path: `${root} > ${written(path)}`, what, hint, at: at(path) };
    if (found === 'refusal' && allows(problem)) return;
    into[found === 'note' ? 'notes' : 'problems'].push(problem);
  });
  if (name === '') refuse(root, 'has no name', 'write metadata.name');
  if (!isObject(object) || !isObject(object.spec)) {
    refuse(root, 'has no spec', 'write its spec');
    return;
  }
  const inValues = values(object.spec, [], kind === 'TaskRun' && isObject(object.spec.taskSpec)).map(
    ([path, what, hint]) => ({
      path: `${root} > ${written(['spec', ...path])}`,
      what,
      hint,
      at: at(['spec', ...path]),
    }),
  );
  into.problems.push(...inValues.filter((problem) => !allows(problem)));
  if (into.problems.length > before) return;
  const old = apiVersion === 'tekton.dev/v1beta1';
  const spec = withDefaults(kind, old ? toV1(kind, object.spec) : object.spec);
  const checked = typed(kind, kind === 'TaskRun' ? withTemplateVolumes(spec) : spec);
  if (checked === undefined) return;
  const metadata = metadataOf(object);
  check(checked, metadata, (path, what, hint) => {
    into.problems.push({ path: `${root} > ${path}`, what, hint, at: at(stepsOf(path)) });
  });
  if (into.problems.length === before) add(checked, name, metadata, source, into);
}

const used = new Set(['v1/ConfigMap', 'v1/Secret', 'v1/PersistentVolumeClaim']);

/** The volumes of a podTemplate are volumes of the pod, as those of the Task are. */
function withTemplateVolumes(spec: JsonObject): JsonObject {
  const { podTemplate, taskSpec } = spec;
  if (!isObject(podTemplate) || !isObject(taskSpec) || !Array.isArray(podTemplate.volumes)) return spec;
  const own = Array.isArray(taskSpec.volumes) ? taskSpec.volumes : [];
  return { ...spec, taskSpec: { ...taskSpec, volumes: [...own, ...podTemplate.volumes] } };
}

/** The parse boundary: every field was checked against Tekton's types. */
function typed(kind: string, spec: unknown): Checked | undefined {
  switch (kind) {
    case 'Task':
      return { kind, spec: spec as LocalTask['spec'] };
    case 'Pipeline':
      return { kind, spec: spec as LocalPipeline['spec'] };
    case 'StepAction':
      return { kind, spec: spec as LocalStepAction['spec'] };
    case 'TaskRun':
      return { kind, spec: spec as WireTaskRun['spec'] };
    case 'PipelineRun':
      return { kind, spec: spec as WirePipelineRun['spec'] };
    default:
      return undefined;
  }
}

function add(object: Checked, name: string, metadata: ObjectMeta, source: string, into: Into): void {
  switch (object.kind) {
    case 'Task':
      into.tasks.push({ name, spec: object.spec, source });
      break;
    case 'Pipeline':
      into.pipelines.push({ name, spec: object.spec, source, ...pacAnnotations(metadata) });
      break;
    case 'StepAction':
      into.stepActions.push({ name, spec: object.spec, source });
      break;
    default:
      into.runs.push({ ...object, metadata, source });
  }
}

function pacAnnotations({ annotations }: ObjectMeta): Pick<LocalPipeline, 'annotations'> {
  const own = ownAnnotations(annotations);
  return own === undefined ? {} : { annotations: own };
}

/** `spec.tasks[2] build` as the steps of a path. */
function stepsOf(path: string): Path {
  const [plain = ''] = path.split(' ');
  return [...plain.matchAll(/[^.[\]]+/gu)].map(([part]) => (/^\d+$/u.test(part) ? Number(part) : part));
}

/** What the type of a field allows and this machine does not. */
function values(value: Json, path: Path, embedded: boolean): [Path, string, string][] {
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => values(item, [...path, index], embedded));
  if (!isObject(value)) return [];
  const problems = Object.entries(value).flatMap(([key, item]) => values(item, [...path, key], embedded));
  const template = /^(?:taskP|p)odTemplate$/u.test(String(path.at(-1)));
  if (template && value.volumes !== undefined && !embedded) {
    problems.push([[...path, 'volumes'], 'these volumes are not mounted here', 'declare them in volumes of the Task']);
  }
  if (value.privileged === true && path.at(-1) === 'securityContext') {
    problems.push([
      [...path, 'privileged'],
      'a privileged container cannot be run on this machine',
      'remove the field',
    ]);
  }
  const system = path.at(-1) === 'nodeSelector' ? value['kubernetes.io/os'] : undefined;
  if (system !== undefined && system !== 'linux') {
    problems.push([[...path, 'kubernetes.io/os'], `needs a machine with ${String(system)}`, 'remove the nodeSelector']);
  }
  const reference = path.at(-1) === 'taskRef' || path.at(-1) === 'taskSpec';
  if (reference && typeof value.apiVersion === 'string' && !/^(?:tekton\.dev\/.*)?$/.test(value.apiVersion)) {
    problems.push([[...path, 'apiVersion'], 'custom tasks need their controller', 'replace the custom task by a Task']);
  }
  if (path.at(-1) === 'taskRef' && value.kind === 'ClusterTask') {
    problems.push([[...path, 'kind'], 'ClusterTasks were removed from Tekton', 'write `kind: Task`']);
  }
  return problems;
}

function nameOf(value: JsonObject): string {
  const metadata = isObject(value.metadata) ? value.metadata : {};
  if (typeof metadata.name === 'string') return metadata.name;
  return typeof metadata.generateName === 'string' ? metadata.generateName : '';
}

function metadataOf(object: JsonObject): ObjectMeta {
  return (isObject(object.metadata) ? object.metadata : {}) as ObjectMeta;
}

/** `spec.tasks[2].params[0].value`; a key that is no word is quoted. */
function written(path: Path): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      return /^[\w-]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

/** Two objects of one kind and name: which is meant nobody knows. */
function duplicates(into: Into): LocalProblem[] {
  const seen = new Map<string, string>();
  const problems: LocalProblem[] = [];
  const named: [string, string, string][] = [
    ...into.tasks.map(({ name, source }): [string, string, string] => ['Task', name, source]),
    ...into.pipelines.map(({ name, source }): [string, string, string] => ['Pipeline', name, source]),
    ...into.stepActions.map(({ name, source }): [string, string, string] => ['StepAction', name, source]),
  ];
  for (const [kind, name, source] of named) {
    const path = `${kind}/${name}`;
    const first = seen.get(path);
    if (first === undefined) seen.set(path, source);
    else
      problems.push({ path, what: `is in ${first} and again in ${source}`, hint: 'leave one of them out', at: source });
  }
  return problems;
}
