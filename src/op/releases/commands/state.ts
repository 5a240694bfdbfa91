import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import type { Json } from '../../store/documents/body.js';
import { canBeName } from '../documents/names.js';
import { jsonShape } from '../documents/shapes.js';
import { sourcesOf } from '../load/sources.js';
import { nextWork } from '../next/next-work.js';
import type { placeOptions, workOptions } from '../options.js';
import { compileGlob } from '../reference/glob.js';
import { formatReference, packageOf, parseReference, type Reference, valueAt } from '../reference/reference.js';
import { forgetIntent, nameOfWork } from '../worker/act.js';
import { runsHere } from '../worker/run-here.js';
import type { RunTekton } from '../worker/tekton.js';
import { workOn } from '../worker/work-on.js';
import { notAName, unknownEnvironment } from './environment.js';
import { documentsOf, type Logical } from './logical.js';
import { oneWord, openPlace, type Place, referenceOf, releaseOf, repositoryOf } from './place.js';
import { conclude } from './show-next.js';
import { refuseBad } from './verdict.js';

type Request = RequestOf<typeof placeOptions>;
type Side = { readonly intent: boolean };

/** `op state get REF`: the JSON of a document, or a part of it. @throws OpError (refused) when there is none */
export async function getState(context: Context, request: Request & Side, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const reference = await referenceOf(place, oneWord(words, 'state get', 'a reference'));
  const whole = formatReference({ ...reference, fragment: [] });
  const found = (await documentsOf(place, request.intent, reference)).find(({ ref }) => ref === whole);
  const value = found === undefined ? undefined : valueAt(found.body, reference.fragment);
  if (value === undefined) {
    throw refusedError({
      what: `there is no ${formatReference(reference)}`,
      why: found === undefined ? 'no document has this reference' : 'the document has no such part',
      hint: "op state match '**' lists all",
    });
  }
  context.out(`${typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)}\n`);
}

/** `op state match PATTERN`: the references that match, one on a line. @throws OpError */
export async function matchState(context: Context, request: Request & Side, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const matches = compileGlob(oneWord(words, 'state match', 'a pattern'));
  const found = (await documentsOf(place, request.intent)).filter(({ ref }) => matches(ref));
  context.out(linesOf(found.map(({ ref }) => ref)));
}

/** `op state diff`: the references whose intent is not state yet. @throws OpError */
export async function diffState(context: Context, request: Request): Promise<void> {
  await using place = await openPlace(context, request);
  context.out(linesOf(differences(await documentsOf(place, false), await documentsOf(place, true))));
}

const linesOf = (refs: readonly string[]) => refs.map((ref) => `${ref}\n`).join('');

/** What intent has differently: environments and custom state as a whole, deployments by their release. */
function differences(state: readonly Logical[], intent: readonly Logical[]): readonly string[] {
  const compared = (list: readonly Logical[]) =>
    new Map(list.flatMap(({ ref, compared: value }) => (value === undefined ? [] : [[ref, value] as const])));
  const [is, wanted] = [compared(state), compared(intent)];
  const refs = new Set([...is.keys(), ...wanted.keys()]);
  return [...refs].filter((ref) => is.get(ref) !== wanted.get(ref)).toSorted();
}

/** `op state set REF VALUE`: writes intent. @throws OpError */
export async function setState(
  context: Context,
  request: Request & { readonly format: 'json' | 'string' },
  words: readonly string[],
): Promise<void> {
  const [word, text, ...more] = words;
  if (word === undefined || text === undefined || more.length > 0) {
    throw usageError({
      what: 'op state set needs a reference and a value',
      why: `${words.length} words are given`,
      hint: 'write op state set @/custom/size 3; a text with --format=string, or in JSON quotes',
    });
  }
  await using place = await openPlace(context, request);
  const reference = await referenceOf(place, word);
  await want(place, reference, request.format === 'string' ? text : readValue(text));
  context.log.step(`${formatReference(reference)}: wanted; op work any does it, or op state apply ${shellWord(word)}`);
}

function readValue(text: string): Json {
  const read = parseJson(v.object({ value: jsonShape }), `{"value":${text}}`);
  if (read !== undefined) return read.value;
  throw inputError({
    what: `the value is not JSON: ${text.slice(0, 100)}`,
    why: 'a text is written in quotes in JSON',
    hint: 'give a text with --format=string',
  });
}

/** `op state remove REF`: removes intent. @throws OpError */
export async function removeState(context: Context, request: Request, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const reference = await referenceOf(place, oneWord(words, 'state remove', 'a reference'));
  const ref = formatReference(reference);
  requireIntent(reference);
  const wanted = (await documentsOf(place, true, reference)).some((one) => one.ref === ref);
  if (!wanted) {
    throw refusedError({ what: `nobody wants ${ref}`, why: 'there is no intent of it', hint: whatIsWanted });
  }
  await want(place, reference, undefined);
  context.log.step(`${ref}: no longer wanted; op work any does it`);
}

const whatIsWanted = "op state match --intent '**' lists what is wanted";

const deploymentShape = v.object({ release: v.pipe(v.string(), v.regex(/^r[1-9]\d*$/u)) });
const environmentShape = v.object({ attributes: v.optional(v.record(v.string(), v.string()), {}) });

/** Only custom state, environments and current deployments have an intent. @throws OpError (input) */
function requireIntent(reference: Reference): void {
  const { type, subpath, release, fragment } = reference;
  const refuse = (why: string, hint: string) =>
    inputError({ what: `${formatReference(reference)} cannot be wanted`, why, hint });
  if (fragment.length > 0) throw refuse('a fragment can only be read', 'name the whole document');
  const can = type === 'custom' || type === 'environment' || (type === 'deploy' && release === '');
  if (can && subpath !== '') return;
  throw refuse(
    'only custom state, environments and current deployments have an intent',
    'write @/custom/NAME, @/environment/NAME or FILE/@/deploy/ENVIRONMENT',
  );
}

async function want(place: Place, reference: Reference, value: Json | undefined): Promise<void> {
  const { records, written } = place;
  const { type, subpath } = reference;
  const ref = formatReference(reference);
  const refuse = (why: string, hint: string) => inputError({ what: `cannot change the intent of ${ref}`, why, hint });
  requireIntent(reference);
  if (type === 'custom') return records.setCustom('intent', ref, value);
  if (type === 'environment') {
    if (value === undefined) return records.wantEnvironment(subpath, undefined);
    if (!canBeName(subpath)) throw notAName(subpath);
    const read = v.safeParse(environmentShape, value);
    if (!read.success) throw refuse(v.summarize(read.issues), 'give {"attributes": {"type": "staging"}}');
    return records.wantEnvironment(subpath, read.output.attributes);
  }
  const name = packageOf(reference);
  if (value === undefined) return void (await forgetIntent(records, name, subpath));
  const read = v.safeParse(deploymentShape, value);
  if (!read.success) throw refuse(v.summarize(read.issues), 'give {"release": "r3"}');
  const { number } = await releaseOf(place, parseReference(`${name}/@${read.output.release}`));
  const { packages, wantedEnvironments } = await records.snapshot();
  if (!wantedEnvironments.has(subpath)) throw unknownEnvironment(subpath);
  refuseBad(name, number, packages.get(name)?.intent);
  await records.changeIntent(name, (found) => ({
    ...found,
    deployments: { ...found.deployments, [subpath]: { release: number, written: written() } },
  }));
}

/** `op state apply REF`: does what the intent of this reference needs. @throws OpError */
export async function applyState(
  context: Context,
  request: RequestOf<typeof workOptions>,
  words: readonly string[],
  runTekton: RunTekton,
): Promise<void> {
  await using place = await openPlace(context, request);
  const reference = await referenceOf(place, oneWord(words, 'state apply', 'a reference'));
  requireIntent(reference);
  const ref = formatReference(reference);
  const known = [...(await documentsOf(place, true, reference)), ...(await documentsOf(place, false, reference))];
  if (!known.some((one) => one.ref === ref)) {
    throw refusedError({ what: `there is no ${ref}`, why: 'it is neither wanted nor there', hint: whatIsWanted });
  }
  await using sources = sourcesOf(context, await repositoryOf(place), place.records.valueNow);
  const { type, subpath } = reference;
  const worked = await workOn(
    { ...place, runner: runsHere(sources, runTekton) },
    (work) => {
      if ('ref' in work) return work.ref === ref;
      if ('name' in work) return type === 'environment' && work.name === subpath;
      const isThere = work.do === 'run' && work.item === `deploy/${subpath}`;
      if (type === 'environment') return isThere && work.does === 'down';
      return type === 'deploy' && isThere && work.package === packageOf(reference) && sources.has(work.package);
    },
    request.parallel,
  );
  const left = nextWork(worked.snapshot).ready.length;
  if (left > 0)
    context.log.step(
      `${left} more ready, such as ${worked.next.ready.slice(0, 1).map(nameOfWork).join('')}: op work any`,
    );
  conclude(context, worked);
}
