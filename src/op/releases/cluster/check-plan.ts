import { oneLine, printable } from '../../kit/log/printable.js';
import type { EnvironmentValue } from '../author/values.js';
import { canBeName } from '../documents/names.js';
import { type Gate, longestGate, type Plan, type PlanInput, type PlanItem } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { itemsOf } from '../next/phases.js';
import { formatReference, packageOf, parseReference } from '../reference/reference.js';

/**
 * Why a plan that code of a repository handed over cannot be one; undefined when it can. It has the shape already. op makes no such plan,
 * but that code may: and whoever looks for what is next reads all plans of a store.
 * @param repository that of the release: its inputs are not of another one
 */
export function problemOfPlan(plan: Plan, repository: string): string | undefined {
  const { environments, documents = {} } = plan;
  const items = itemsOf(plan);
  const keys = items.map(({ key }) => key);
  const isPlanned = (key: string) => {
    const [, is, name = ''] = /^(task|deploy)\/(.+)$/u.exec(key) ?? [];
    return canBeName(name) && (is === 'task' || environments.some((one) => one.name === name));
  };
  const wrong = keys.find((key) => !isPlanned(key));
  if (wrong !== undefined) return `"${wrong}" is not an item`;
  if (new Set(keys).size < keys.length) return 'an item is there twice';
  const digest = Object.entries(documents).find(([digest, text]) => digestOf(text) !== digest);
  if (digest !== undefined) return `the document ${digest[0]} is another one`;
  const releases = new Set(items.flatMap((item) => Object.values(item.inputs).flatMap(releaseOfInput)));
  if (releases.size > most.releases) return `its inputs are of more than ${most.releases} releases`;
  for (const item of items) {
    if (item.gates.length > most.gates) return `${item.key} has more than ${most.gates} gates`;
    const problem = problemOfInputs(item, repository) ?? problemOfRuns(item, documents);
    if (problem !== undefined) return `${item.key}: ${problem}`;
    const gate = item.gates.find((one) => !isGate(one));
    if (gate !== undefined) return `${item.key}: its gate ${gate.is} is not valid`;
  }
  return undefined;
}

/**
 * At most. Of a plan: releases that its inputs name by number, each a document that is read at each look, and gates of an item. Of a file that
 * makes environments: these, the attributes of each, and the characters of a value.
 */
const most = { releases: 50, gates: 20, environments: 200, attributes: 50, value: 1000 };

/** The release that an input names by its number. */
function releaseOfInput(input: PlanInput): readonly string[] {
  if (!('ref' in input) || !isReference(input.ref)) return [];
  const { release, ...reference } = parseReference(input.ref);
  return release ? [`${packageOf(reference)}/@${release}`] : [];
}

/** The same for environments that such code wants: everybody who uses the store reads and prints them. */
export function problemOfEnvironments(environments: readonly EnvironmentValue[]): string | undefined {
  if (environments.length > most.environments) return `it has more than ${most.environments} environments`;
  const names = environments.map(({ name }) => name);
  const wrong = names.find((name) => !canBeName(name));
  if (wrong !== undefined) return `"${oneLine(wrong)}" is not a name of an environment`;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `environment ${twice} is there twice`;
  for (const { name, attributes } of environments) {
    const given = Object.entries(attributes);
    if (given.length > most.attributes) return `environment ${name} has more than ${most.attributes} attributes`;
    for (const [key, value] of given) {
      if (!/^[A-Za-z_][\w.-]{0,62}$/u.test(key))
        return `"${oneLine(key)}" cannot be the name of an attribute of ${name}`;
      if (value.length > most.value || /[\t\n]/u.test(value) || printable(value) !== value) {
        return `attribute ${key} of ${name} is not one line of at most ${most.value} characters`;
      }
    }
  }
  return undefined;
}

function problemOfInputs({ key, inputs }: PlanItem, repository: string): string | undefined {
  for (const [name, input] of Object.entries(inputs)) {
    if (!/^[A-Za-z_]\w{0,62}$/u.test(name)) return `"${name}" cannot be the name of an input`;
    if (name === 'environment' && !(key.startsWith('deploy/') && 'ref' in input)) return 'environment is its own input';
    if (!('ref' in input)) continue;
    if (!isReference(input.ref)) return `input ${name} has no valid reference`;
    const { repo } = parseReference(input.ref);
    if (repo !== '' && repo !== repository) return `input ${name} is of another repository, ${repo}`;
  }
  return undefined;
}

function isReference(text: string): boolean {
  try {
    return formatReference(parseReference(text)) === text;
  } catch {
    return false;
  }
}

function problemOfRuns({ inputs, runs = {} }: PlanItem, documents: Plan['documents'] = {}): string | undefined {
  for (const { name, digest, files, params } of Object.values(runs)) {
    if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u.test(name)) return `"${name}" cannot be the name of a Task`;
    if (files.length > 0) return 'its Task is in files, and not in the plan';
    if (digest !== undefined && !Object.hasOwn(documents, digest)) return `the document of ${name} is missing`;
    const missing = Object.values(params).find((input) => !Object.hasOwn(inputs, input));
    if (missing !== undefined) return `a param is the input ${missing}, which is not there`;
  }
  return undefined;
}

const isTime = (text: string) => /^(?:[01]\d|2[0-3]):[0-5]\d$/u.test(text);
const isDuration = (value: number | undefined) =>
  value === undefined || (Number.isSafeInteger(value) && value >= 0 && value <= longestGate);

function isGate(gate: Gate): boolean {
  if (gate.is !== 'window') {
    return (
      isDuration(gate.milliseconds) && (gate.is !== 'check' || (canBeName(gate.name) && gate.milliseconds >= 1000))
    );
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: gate.zone });
  } catch {
    return false;
  }
  return isTime(gate.from) && isTime(gate.to);
}
