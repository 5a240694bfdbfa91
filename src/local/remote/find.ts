import { OpError } from '../../op/kit/errors/op-error.js';
import type { WireRef } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalProblem, LocalTask } from '../contract.js';
import { isObject, parseFile } from '../documents/parse.js';
import { type Documents, type LocalStepAction, readDocuments } from '../documents/read.js';
import type { Fetcher } from './fetch.js';
import { type ObjectKind, type ReferenceProblem, readReference } from './reference.js';

interface Kinds {
  readonly Task: LocalTask;
  readonly Pipeline: LocalPipeline;
  readonly StepAction: LocalStepAction;
}

/** Looks up what references name: among the documents that were read, or elsewhere with a resolver. */
export interface Finder {
  /**
   * @param trusted whether the reference is in a file of the user, not in what was fetched
   * @returns the object, or why it cannot be used; the path starts at the reference
   */
  readonly find: <Kind extends ObjectKind>(
    kind: Kind,
    ref: WireRef,
    trusted: boolean,
  ) => Promise<Kinds[Kind] | ReferenceProblem>;
  /** Notes about what was read and fetched. */
  readonly notes: readonly LocalProblem[];
}

export const isFound = <Found extends { readonly spec: unknown }>(found: Found | ReferenceProblem): found is Found =>
  'spec' in found;

/** @param note what the user should know, said once */
export function createFinder(documents: Documents, fetcher: Fetcher | undefined, note: (text: string) => void): Finder {
  const notes: LocalProblem[] = [...documents.notes];
  const known: { readonly [Kind in ObjectKind]: Map<string, Promise<Kinds[Kind] | ReferenceProblem>> } = {
    Task: new Map(),
    Pipeline: new Map(),
    StepAction: new Map(),
  };
  const lookUp = async <Kind extends ObjectKind>(
    kind: Kind,
    ref: WireRef,
    trusted: boolean,
  ): Promise<Kinds[Kind] | ReferenceProblem> => {
    const understood = readReference(ref, kind);
    if ('what' in understood) return understood;
    const { reference, ignored } = understood;
    const why = reference.from === 'documents' ? 'it looks in the files that are given' : 'Tekton ignores it too';
    for (const name of ignored) note(`the param ${name} of the resolver ${ref.resolver} has no effect: ${why}`);
    if (reference.from === 'documents') return among(documents, kind, reference.name, reference.resolver);
    if (fetcher === undefined) {
      return {
        path: 'resolver',
        what: `the resolver ${ref.resolver} is not used here`,
        hint: 'fetch what it names, refer to it by name, and give its file with -f',
      };
    }
    try {
      const { text, source, refSource } = await fetcher.fetch(reference, trusted);
      const found = readOne(kind, text, source, notes);
      return isFound(found) ? { ...found, refSource } : found;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return { path: '', what: `${error.message}: ${error.why}`, hint: error.hint };
    }
  };
  return {
    notes,
    find: <Kind extends ObjectKind>(kind: Kind, ref: WireRef, trusted: boolean) => {
      const key = JSON.stringify([ref, trusted]);
      const found: Map<string, Promise<Kinds[Kind] | ReferenceProblem>> = known[kind];
      const finding = found.get(key) ?? lookUp(kind, ref, trusted);
      found.set(key, finding);
      return finding;
    },
  };
}

/** The objects of a kind. */
function listOf<Kind extends ObjectKind>(documents: Documents, kind: Kind): readonly Kinds[Kind][] {
  const { tasks, pipelines, stepActions } = documents;
  const lists: { readonly [K in ObjectKind]: readonly Kinds[K][] } = {
    Task: tasks,
    Pipeline: pipelines,
    StepAction: stepActions,
  };
  return lists[kind];
}

function among<Kind extends ObjectKind>(
  documents: Documents,
  kind: Kind,
  name: string,
  resolver: string | undefined,
): Kinds[Kind] | ReferenceProblem {
  const list = listOf(documents, kind);
  // Two objects of one name are a problem, too.
  const problem = problemOf(documents, kind, name);
  if (problem !== undefined) return problem;
  const found = list.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = list.map((one) => one.name).join(', ');
  const where =
    resolver === undefined
      ? 'say where it is'
      : `the resolver ${resolver} looks in files here: fetch it, and say where it is`;
  return {
    path: '',
    what: `there is no ${kind} ${name}`,
    hint: `${where} with -f FILE or -f DIR${names === '' ? '' : `; the ${kind}s that were read are ${names}`}`,
  };
}

/** What is wrong with an object that was read; undefined if nothing is known of it. */
function problemOf({ problems }: Documents, kind: string, name: string): ReferenceProblem | undefined {
  const own = problems.filter(({ path }) => path === `${kind}/${name}` || path.startsWith(`${kind}/${name} `));
  const [first] = own;
  if (first === undefined) return undefined;
  const what = own.map(
    (problem) => `${problem.path}: ${problem.what}${problem.at === undefined ? '' : ` (${problem.at})`}`,
  );
  return { path: '', what: what.join('; '), hint: first.hint };
}

/** Reads a document that was fetched: as Tekton does, its first object. Every field is checked, as in a file of the user. */
export function readOne<Kind extends ObjectKind>(
  kind: Kind,
  text: string,
  source: string,
  notes: LocalProblem[],
): Kinds[Kind] | ReferenceProblem {
  const [first, ...more] = parseFile({ source, text }).parsed;
  const documents = readDocuments([{ source, text }]);
  const value = first !== undefined && isObject(first.value) ? first.value : {};
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const name = typeof metadata.name === 'string' ? metadata.name : '';
  if (value.kind === kind) {
    const problem = problemOf(documents, kind, name);
    const found = listOf(documents, kind).find((one) => one.name === name);
    if (problem !== undefined) return problem;
    if (found !== undefined) {
      notes.push(...documents.notes);
      if (more.length > 0) {
        const what = `${source} has ${more.length + 1} objects, and only the first is used, as in Tekton`;
        notes.push({ path: `${kind}/${name} `, what, hint: '' });
      }
      return found;
    }
  }
  const [broken] = documents.problems;
  const is = typeof value.kind === 'string' ? `is a ${value.kind}, not a ${kind}` : `is no ${kind}`;
  return {
    path: '',
    what: broken === undefined || value.kind !== undefined ? `${source} ${is}` : `${broken.path}: ${broken.what}`,
    hint: `refer to a document with one ${kind}`,
  };
}
