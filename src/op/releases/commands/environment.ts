import type { Context } from '../../context.js';
import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { table } from '../../kit/log/format.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { canBeName } from '../documents/names.js';
import type { Environment } from '../documents/shapes.js';
import { placesOf } from '../next/deployments.js';
import { environmentHoldOf } from '../next/phases.js';
import type { placeOptions, reasonOptions, shownOptions, untilOptions } from '../options.js';
import { oneWord, openPlace, timeOf } from './place.js';

/** `op environment list`. @throws OpError */
export async function listEnvironments(context: Context, request: RequestOf<typeof shownOptions>): Promise<void> {
  await using place = await openPlace(context, request);
  const snapshot = await place.records.snapshot();
  const { environments, wantedEnvironments } = snapshot;
  const names = [...new Set([...environments.keys(), ...wantedEnvironments.keys()])].toSorted();
  const rows = names.map((name) => {
    const [is, wanted] = [environments.get(name)?.attributes, wantedEnvironments.get(name)];
    const deployed = placesOf(snapshot).filter(
      (one) => one.environment === name && one.deployment.current !== undefined,
    );
    const held = environmentHoldOf(snapshot, name) === undefined ? 'there' : 'held';
    const standing = wanted === undefined ? 'goes' : is === undefined ? 'appears' : held;
    return { name, standing, deployed: deployed.length, attributes: wanted ?? is ?? {} };
  });
  if (request.output === 'json') context.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  else {
    const lines = rows.map((one) => [one.name, one.standing, `${one.deployed}`, attributesText(one.attributes)]);
    context.out(`${table([['ENVIRONMENT', 'STANDING', 'DEPLOYED', 'ATTRIBUTES'], ...lines])}\n`);
  }
}

const attributesText = (attributes: Environment['attributes']) =>
  Object.entries(attributes)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

type ChangeRequest = RequestOf<typeof placeOptions> & { readonly attribute: readonly string[] };

/** `op environment add|change NAME --attribute=KEY=VALUE`: wants it. With `change`, attributes that are not named stay. @throws OpError */
export async function wantEnvironment(
  context: Context,
  request: ChangeRequest,
  words: readonly string[],
  is: 'add' | 'change',
): Promise<void> {
  await using place = await openPlace(context, request);
  const name = oneWord(words, `environment ${is}`, 'the name of an environment');
  if (!canBeName(name)) throw notAName(name);
  const before = (await place.records.snapshot()).wantedEnvironments.get(name);
  if ((before === undefined) !== (is === 'add')) {
    throw refusedError({
      what: `cannot ${is} ${name}`,
      why: before === undefined ? 'there is no such environment' : 'there is one already',
      hint: before === undefined ? `op environment add ${shellWord(name)}` : `op environment change ${shellWord(name)}`,
    });
  }
  if (is === 'change' && request.attribute.length === 0) {
    throw usageError({
      what: 'op environment change needs --attribute',
      why: `without one, ${name} stays what it is`,
      hint: 'write --attribute=type=production; op state set @/environment/NAME replaces all of them',
    });
  }
  const given = Object.fromEntries(request.attribute.map(readAttribute));
  await place.records.wantEnvironment(name, { ...before, ...given });
  const follows = is === 'add' ? 'deploys what belongs there' : 'deploys again what uses them';
  context.log.step(`environment ${name}: ${is === 'add' ? '' : 'other attributes '}wanted; op work any ${follows}`);
}

function readAttribute(text: string): readonly [string, string] {
  const [, key, value] = /^([A-Za-z_][\w.-]*)=(.*)$/su.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw inputError({
    what: `"${text}" is not an attribute`,
    why: 'it is not NAME=VALUE',
    hint: 'write --attribute=type=prod',
  });
}

/** `op environment remove NAME`: everything there gets its `down`, in reverse order, and then it is gone. @throws OpError */
export async function removeEnvironment(
  context: Context,
  request: RequestOf<typeof placeOptions>,
  words: readonly string[],
): Promise<void> {
  await using place = await openPlace(context, request);
  const name = oneWord(words, 'environment remove', 'the name of an environment');
  const snapshot = await place.records.snapshot();
  if (!snapshot.wantedEnvironments.has(name)) {
    throw unknownEnvironment(name);
  }
  await place.records.wantEnvironment(name, undefined);
  const there = placesOf(snapshot).filter((one) => one.environment === name && one.deployment.current !== undefined);
  context.log.step(`environment ${name}: goes after ${there.length} deployments there; op work any tears them down`);
}

/** `op environment hold NAME`: no release of any package goes there by itself; a rollback does. @throws OpError */
export async function holdEnvironment(
  context: Context,
  request: RequestOf<typeof placeOptions & typeof reasonOptions & typeof untilOptions>,
  words: readonly string[],
): Promise<void> {
  await using place = await openPlace(context, request);
  const name = oneWord(words, 'environment hold', 'the name of an environment');
  if (!(await place.records.snapshot()).wantedEnvironments.has(name)) throw unknownEnvironment(name);
  const until = timeOf(request.until, context.now());
  const hold = { reason: request.reason, ...(until === undefined ? {} : { until }), written: place.written() };
  await place.records.holdEnvironment(name, hold);
  context.log.step(`environment ${name} is held`);
}

/** `op environment unhold NAME`. @throws OpError (refused) when it is not held */
export async function unholdEnvironment(
  context: Context,
  request: RequestOf<typeof placeOptions>,
  words: readonly string[],
): Promise<void> {
  await using place = await openPlace(context, request);
  const name = oneWord(words, 'environment unhold', 'the name of an environment');
  const { wantedEnvironments, heldEnvironments } = await place.records.snapshot();
  if (!wantedEnvironments.has(name)) throw unknownEnvironment(name);
  if (!heldEnvironments.has(name)) {
    throw refusedError({
      what: `environment ${name} is not held`,
      why: 'it has no hold',
      hint: 'op status shows what is held; op release unhold ends the hold of one package',
    });
  }
  await place.records.holdEnvironment(name, undefined);
  context.log.step(`environment ${name} is not held; op work any goes on`);
}

export const notAName = (name: string) =>
  inputError({
    what: `"${name}" cannot be the name of an environment`,
    why: 'a name has letters, digits, "_", "." and "-", and at most 63 of them',
    hint: 'choose another, such as staging',
  });

export const unknownEnvironment = (name: string) =>
  refusedError({
    what: `there is no environment ${name}`,
    why: 'nobody wants it',
    hint: 'op environment list shows all; op environment add makes one',
  });
