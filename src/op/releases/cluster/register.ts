import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { shellWord } from '../../kit/process/shell-word.js';
import type { EnvironmentValue } from '../author/values.js';
import type { Environment } from '../documents/shapes.js';
import { sameJson } from '../documents/signature.js';
import type { Records } from '../records/records.js';

/** Environments that a file makes, and who may. */
export interface Registering {
  /** The file, as references have it. */
  readonly name: string;
  readonly registered: readonly EnvironmentValue[];
  /** The only file that the platform lets make environments, as references have it. */
  readonly allowed: string | undefined;
}

/**
 * Adds the environments that a file makes, as the pod that ran it says. Environments belong to all repositories of a store: no file decides
 * about them unless the platform has named it, and none changes one that is there, since what is deployed there would follow.
 * @returns the names of those that are new
 * @throws OpError (refused) for another file, and before anything is written when one is there with other attributes
 */
export async function registerEnvironments(
  records: Pick<Records, 'snapshot' | 'addEnvironment'>,
  { name, registered, allowed }: Registering,
): Promise<readonly string[]> {
  if (name !== allowed) {
    throw refusedError({
      what: `${name} may not make environments`,
      why: `they are those of all repositories of the store, and the param environments-file names ${allowed ?? 'no file'}`,
      hint: 'run op environment add, or op release new with this file in a clone; or name the file in the param environments-file, if whoever can change it may add environments',
    });
  }
  const { environments, wantedEnvironments } = await records.snapshot();
  const isThere = (one: string) => wantedEnvironments.get(one) ?? environments.get(one)?.attributes;
  for (const one of registered) refuseChange(name, one, isThere(one.name) ?? one.attributes);
  const added: string[] = [];
  for (const one of registered) {
    if (wantedEnvironments.has(one.name)) continue;
    // Somebody may have added it in the meantime.
    refuseChange(name, one, await records.addEnvironment(one.name, one.attributes));
    added.push(one.name);
  }
  return added;
}

function refuseChange(file: string, { name, attributes }: EnvironmentValue, is: Environment['attributes']): void {
  if (sameJson(is, attributes)) return;
  const keys = [...new Set([...Object.keys(is), ...Object.keys(attributes)])].filter(
    (key) => is[key] !== attributes[key],
  );
  const text = (value: string | undefined) => (value === undefined ? 'not there' : JSON.stringify(oneLine(value)));
  const [key = ''] = keys;
  throw refusedError({
    what: `${file} may not change environment ${name}`,
    why: `it is there, and other attributes would deploy again what uses them: ${key} is ${text(is[key])}, and would be ${text(attributes[key])}`,
    hint: `whoever decides about environments runs op environment change ${shellWord(name)} --attribute=NAME=VALUE; or correct the file`,
  });
}
