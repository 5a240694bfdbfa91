import { readFile, realpath, stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { inputError, OpError } from '../../op/kit/errors/op-error.js';
import { within } from '../../op/kit/files/path.js';
import type { LocalPipeline, LocalProblem, LocalTask, RefSource } from '../contract.js';
import type { Documents } from '../documents/read.js';
import type { Fetcher, RemoteReference } from '../remote/fetch.js';
import { type Finder, isFound, readOne } from '../remote/find.js';
import type { ReferenceProblem } from '../remote/reference.js';
import { type Annotations, type Item, pipelineItems, taskItems } from './annotations.js';

/** Where the Tasks of annotations are looked for. */
export interface Surroundings {
  readonly documents: Documents;
  /** Looks in the documents. */
  readonly finder: Finder;
  readonly fetcher: Fetcher | undefined;
  /** The top of the repository: paths in annotations start there. */
  readonly root: string;
}

/** How objects of one kind are found and read. */
interface Look<One> {
  readonly kind: 'Task' | 'Pipeline';
  readonly named: (name: string) => Promise<One | ReferenceProblem>;
  readonly read: (text: string, source: string) => One | ReferenceProblem;
}

/**
 * The documents with the Tasks and the Pipeline of a PipelineRun's annotations, and the Tasks of that Pipeline's own: they go before
 * those in files. Source: resolveRemoteResources of pkg/resolve/remote.go.
 * @param run the name of the PipelineRun, for paths
 * @param pipelineName the Pipeline that it refers to by name
 * @throws OpError (input) with everything that cannot be found
 */
export async function withAnnotated(
  run: string,
  annotations: Annotations,
  pipelineName: string | undefined,
  around: Surroundings,
): Promise<Documents> {
  const { documents, finder } = around;
  const problems: LocalProblem[] = [];
  const notes: LocalProblem[] = [];
  const pathOf = (annotation: string) => `PipelineRun/${run} > metadata.annotations["${annotation}"]`;
  const take = async <One extends { readonly spec: unknown; readonly refSource?: RefSource }>(
    look: Look<One>,
    item: Item,
  ): Promise<One | undefined> => {
    const found = await findItem(look, item.value, around);
    if (isFound(found)) return found;
    problems.push({ ...found, path: pathOf(item.annotation) });
    return undefined;
  };
  const forPipeline: Look<LocalPipeline> = {
    kind: 'Pipeline',
    named: (name) => finder.find('Pipeline', { name }, true),
    read: (text, source) => readOne('Pipeline', text, source, notes),
  };
  const forTask: Look<LocalTask> = {
    kind: 'Task',
    named: (name) => finder.find('Task', { name }, true),
    read: (text, source) => readOne('Task', text, source, notes),
  };
  const readable = (items: ReturnType<typeof taskItems>): readonly Item[] =>
    items.flatMap((item) => {
      if (!('wrong' in item)) return [item];
      const hint = 'write one name without brackets, or [a, b]';
      problems.push({ path: pathOf(item.wrong), what: 'is in no form that Pipelines-as-Code reads', hint });
      return [];
    });
  const [first, second] = readable(pipelineItems(annotations));
  if (first !== undefined && second !== undefined) {
    problems.push({ path: pathOf(first.annotation), what: 'names more than one Pipeline', hint: 'name one' });
  }
  const remote = first === undefined ? undefined : await take(forPipeline, first);
  const pipeline = remote?.name === pipelineName ? remote : undefined;
  const inFiles = documents.pipelines.find(({ name }) => name === pipelineName);
  const ofPipeline = readable(taskItems((pipeline ?? inFiles)?.annotations)).map((item) =>
    pipeline === undefined ? item : { ...item, value: relativeTo(first?.value ?? '', item.value) },
  );
  const tasks = new Map<string, LocalTask>();
  for (const item of [...readable(taskItems(annotations)), ...ofPipeline]) {
    const task = await take(forTask, item);
    if (task !== undefined && !tasks.has(task.name)) tasks.set(task.name, task);
  }
  if (problems.length > 0) throw refused(problems);
  return before(documents, [...tasks.values()], pipeline === undefined ? [] : [pipeline], notes);
}

/** The documents with others before them: what has their names is left out, with its problems. */
function before(
  documents: Documents,
  tasks: readonly LocalTask[],
  pipelines: readonly LocalPipeline[],
  notes: readonly LocalProblem[],
): Documents {
  const roots = [...tasks.map(({ name }) => `Task/${name}`), ...pipelines.map(({ name }) => `Pipeline/${name}`)];
  const other =
    (list: readonly { readonly name: string }[]) =>
    ({ name }: { readonly name: string }) =>
      !list.some((one) => one.name === name);
  return {
    ...documents,
    tasks: [...tasks, ...documents.tasks.filter(other(tasks))],
    pipelines: [...pipelines, ...documents.pipelines.filter(other(pipelines))],
    problems: documents.problems.filter(({ path }) => !roots.includes(path.split(' ')[0] ?? '')),
    notes: [...documents.notes, ...notes],
  };
}

/** A path in the annotation of a Pipeline that was fetched starts where that Pipeline is. Source: assembleTaskFQDNs. */
function relativeTo(base: string, value: string): string {
  if (/^[a-z][\w+.-]*:\/\//iu.test(value)) return value;
  if (/^https?:\/\//iu.test(base)) return new URL(value, base).href;
  return base.includes('/') && !base.includes('://') ? posix.join(posix.dirname(base), value) : value;
}

/** Source: getRemote of pkg/matcher/annotation_tasks_install.go. */
async function findItem<One extends { readonly spec: unknown }>(
  look: Look<One>,
  value: string,
  around: Surroundings,
): Promise<One | ReferenceProblem> {
  if (/^https?:\/\//iu.test(value)) return fetched(look, onServer(value), around.fetcher);
  if (value.includes('/') && !value.includes('://')) return inRepository(look, value, around.root);
  const found = await look.named(value.replace(/^[^:]*:\/\//u, '').replace(/:[^:]*$/u, ''));
  if (isFound(found)) return found;
  return {
    path: '',
    what: `${value} is a ${look.kind} of a hub, and is not among the files`,
    hint: 'download it, for example from artifacthub.io, and give its file with -f; or write its URL in the annotation',
  };
}

/** The page of a file on a Git server is read with git, which knows the credentials of this user. */
function onServer(url: string): RemoteReference {
  const page = /^(https:\/\/github\.com\/[^/]+\/[^/]+)\/blob\/([^/]+)\/([^?#]+)/u.exec(url);
  const ofGitLab = /^(https?:\/\/[^?#]+?)\/-\/(?:blob|raw)\/([^/]+)\/([^?#]+)/u.exec(url);
  const [, repository, revision, path] = page ?? ofGitLab ?? [];
  if (repository === undefined || revision === undefined || path === undefined) return { from: 'http', url };
  return { from: 'git', url: repository, revision: decoded(revision), path: decoded(path) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function fetched<One extends { readonly spec: unknown }>(
  { read }: Look<One>,
  reference: RemoteReference,
  fetcher: Fetcher | undefined,
): Promise<One | ReferenceProblem> {
  if (fetcher === undefined) {
    return { path: '', what: 'nothing is fetched here', hint: 'download it, and give its file with -f' };
  }
  try {
    const { text, source, refSource } = await fetcher.fetch(reference, true);
    const found = read(text, source);
    return isFound(found) ? { ...found, refSource } : found;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return { path: '', what: `${error.message}: ${error.why}`, hint: error.hint };
  }
}

/** A file of the repository, as it is now in the work tree. */
async function inRepository<One>({ read }: Look<One>, path: string, root: string): Promise<One | ReferenceProblem> {
  const hint = 'write the path of a file, from the top of the repository';
  const file = await realpath(resolve(root, path.replace(/^\/+/u, ''))).catch(() => undefined);
  if (file === undefined) return { path: '', what: `there is no file ${path} in ${root}`, hint };
  if (!within(await realpath(root), file)) return { path: '', what: `${path} is not in the repository`, hint };
  const isFile = (await stat(file)).isFile();
  const text = isFile ? await readFile(file, 'utf8').catch(() => undefined) : undefined;
  return text === undefined ? { path: '', what: `${path} cannot be read`, hint } : read(text, path);
}

function refused(problems: readonly LocalProblem[]) {
  const [first] = problems;
  return inputError({
    what: 'the annotations of the PipelineRun name what is not here',
    why: problems.map(({ path, what }) => `${path}: ${what}`).join('\n'),
    hint: first?.hint ?? '',
  });
}
