import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import { chooseStore, type StoreChoice } from '../../store/choose/choose.js';
import { openStore } from '../../store/choose/open.js';
import { holderOfProcess, userOf } from '../../store/hold/holder.js';
import { quietly } from '../../store/hold/quiet.js';
import { topOf } from '../../systems/git/own-configuration.js';
import type { Roles } from '../../systems/kubernetes/api.js';
import type { Written } from '../documents/shapes.js';
import { findRepository, type Repository } from '../load/repository.js';
import type { placeOptions } from '../options.js';
import { type Records, recordsIn } from '../records/records.js';
import { packageOf, parseReference, type Reference, releaseNumber } from '../reference/reference.js';

/** What the commands of releases work with. */
export interface Place extends AsyncDisposable {
  readonly context: Context;
  readonly records: Records;
  /** That of the current directory. Reading it runs its `octopipeline.repo.*`: only for what no flag and no reference says. */
  readonly findRepository: () => Promise<Repository | undefined>;
  readonly written: () => Written;
}

/**
 * Opens the stores of the flags, the environment or the repository. Where they all are in the first two, no code of the repository runs.
 * @param writer who writes, if that is not the user and the process
 * @throws OpError (input, tool)
 */
export async function openPlace(
  context: Context,
  request: RequestOf<typeof placeOptions>,
  writer?: Pick<Written, 'by' | 'run'>,
): Promise<Place> {
  const { store, intentStore = context.env.OP_INTENT_STORE || undefined, namespace } = request;
  let reading: Promise<Repository | undefined> | undefined;
  const find = () => {
    reading ??= findRepository(context);
    return reading;
  };
  const saysState = store !== undefined || Boolean(context.env.OP_STORE);
  const saysIntent = store !== undefined || intentStore !== undefined;
  const repository = saysState && saysIntent ? undefined : await find();
  const { state, intent } = repository?.definition ?? {};
  const named = store ?? (context.env.OP_STORE ? undefined : state);
  const isOfFile = store === undefined && named !== undefined;
  const quiet = quietly(context);
  // A path in octopipeline.repo.ts is relative to that file.
  const atRoot = repository === undefined ? quiet : { ...quiet, cwd: repository.root };
  const open = (chosen: StoreChoice, from: Context, writes: string) =>
    openStore(from, chosen, { where: { namespace }, roles: rolesOf(writes) });
  const ofState = await open(
    await chooseStore(context, named, defaultStore(context)),
    isOfFile ? atRoot : quiet,
    'octopipeline-release-worker',
  );
  const wanted = intentStore ?? (store === undefined ? intent : undefined);
  const ofIntent =
    wanted === undefined
      ? ofState
      : await open(await chooseStore(context, wanted), intentStore ? quiet : atRoot, 'octopipeline-release-approver');
  const { by, run } = writer ?? { by: userOf(context), run: await holderOfProcess(context) };
  const written = (): Written => ({ by, at: context.now().toISOString(), run });
  return {
    context,
    findRepository: find,
    written,
    records: recordsIn({ state: ofState, intent: ofIntent }, context.now, written),
    [Symbol.asyncDispose]: async () => {
      if (ofIntent !== ofState) await ofIntent[Symbol.asyncDispose]();
      await ofState[Symbol.asyncDispose]();
    },
  };
}

/** The Roles of a namespace with documents of releases. @param writes the one that may change them */
const rolesOf = (writes: string): Roles => ({
  file: 'releases.yaml',
  roleFor: (verb, resource) =>
    resource === 'configmaps' && /^(?:get|list)$/u.test(verb) ? 'octopipeline-release-viewer' : writes,
});

/** Source: XDG Base Directory Specification, which ignores relative paths. In a pod it is the cluster. */
function defaultStore({ env }: Context): StoreChoice {
  if (env.KUBERNETES_SERVICE_HOST !== undefined) return { kind: 'cluster' };
  const given = env.XDG_STATE_HOME ?? '';
  const state = isAbsolute(given) ? given : join(env.HOME || homedir(), '.local', 'state');
  return { kind: 'directory', path: join(state, 'octopipeline', 'releases') };
}

/** The repository that the command is run in. @throws OpError (input) */
export async function repositoryOf(
  { findRepository: find, context }: Place,
  elsewhere = 'run this in a clone of its repository',
): Promise<Repository> {
  const repository = await find();
  if (repository !== undefined) return repository;
  if ((await topOf(context, context.cwd)) !== undefined) {
    throw inputError({
      what: `the repository in ${context.cwd} has no commit`,
      why: 'the code of a release is that of a commit',
      hint: 'commit its files, and run this again',
    });
  }
  throw inputError({
    what: `${context.cwd} is in no Git repository`,
    why: 'a release is of a repository, and its code is that of a commit',
    hint: elsewhere,
  });
}

/**
 * Reads a reference of the command line: a file is relative to the current directory. A whole one needs no repository, whose code decides what
 * it is called.
 * @throws OpError (input)
 */
export async function referenceOf(place: Place, word: string): Promise<Reference> {
  const isRelative = /^\.{0,2}\//u.test(word);
  if (word.startsWith('@') || (word.includes('/-/') && !isRelative)) return parseReference(word);
  const isFile = !word.startsWith('//') && !/^\.\/[@-]/u.test(word);
  const repository = await repositoryOf(
    place,
    'run this in a clone, or write the whole reference, as op status and op state match show it',
  );
  const base = { repo: repository.name, path: '', release: '' };
  if (!isFile) return parseReference(word, base);
  const at = /\/@/u.exec(word)?.index ?? word.length;
  const path = relative(repository.root, resolve(place.context.cwd, word.slice(0, at)));
  return parseReference(`//${path}${word.slice(at)}`, base);
}

/** One word of the command line. @throws OpError (usage) */
export function oneWord(words: readonly string[], command: string, what: string): string {
  const [word, ...more] = words;
  if (word !== undefined && more.length === 0) return word;
  throw usageError({
    what: `op ${command} needs ${what}`,
    why: word === undefined ? 'none is given' : `${words.length} words are given`,
    hint: `see op ${command} --help`,
  });
}

/** A release. */
export interface Named {
  readonly package: string;
  readonly number: number;
}

/**
 * The release that a reference names; the newest one for a file alone.
 * @param by a tag is for looking, and for going on: code of a release gives it, so it does not say which release somebody decides about
 * @throws OpError (input, refused)
 */
export async function releaseOf(
  place: Place,
  reference: Reference,
  by: 'number' | 'number or tag' = 'number',
): Promise<Named> {
  const name = packageOf(reference);
  if (reference.release) {
    const number = releaseNumber(reference.release);
    if (number !== undefined && (await place.records.release(name, number)) !== undefined)
      return { package: name, number };
    const { release: tag } = reference;
    const tagged = number === undefined && by === 'number or tag' ? await place.records.releases(name) : [];
    const found = tagged.findLast(({ tags }) => tags?.includes(tag));
    if (found !== undefined) return { package: name, number: found.number };
  } else {
    const view = (await place.records.snapshot()).packages.get(name);
    if (view !== undefined && view.document.newest > 0) return { package: name, number: view.document.newest };
  }
  throw refusedError({
    what: reference.release ? `there is no release ${name}/@${reference.release}` : `there is no release of ${name}`,
    why: `none is in ${place.records.stores.state.place}`,
    hint: 'op release list shows all; op release new FILE makes one',
  });
}

const timeShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/u;

/** The time of a flag `--until`, in UTC. @throws OpError (input) when it is none, or has passed */
export function timeOf(text: string | undefined, now: Date): string | undefined {
  if (text === undefined) return undefined;
  const refuse = (why: string) =>
    inputError({ what: `--until does not accept "${text}"`, why, hint: 'write 2030-12-24T08:00:00Z' });
  const time = new Date(text);
  if (!timeShape.test(text) || Number.isNaN(time.getTime())) throw refuse('it is not a date and a time with a zone');
  if (time <= now) throw refuse(`that time has passed; it is ${now.toISOString()} now`);
  return time.toISOString();
}
