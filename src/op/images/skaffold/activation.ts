import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { printable } from '../../kit/log/printable.js';
import { inspectProfiles } from './profiles.js';
import type { Project } from './project.js';

const condition = v.looseObject({
  env: v.optional(v.string()),
  command: v.optional(v.string()),
  kubeContext: v.optional(v.string()),
});
const shape = v.looseObject({
  profiles: v.array(
    v.looseObject({
      name: v.string(),
      activation: v.optional(v.array(condition), []),
      requiresAllActivations: v.optional(v.boolean(), false),
    }),
  ),
});
type Condition = v.InferOutput<typeof condition>;

/**
 * The profiles that `skaffold build` activates because of `activation: [{command: build}]`, in skaffold.yaml and its modules.
 * `skaffold diagnose` is another command and does not activate them, so they have to be named there.
 * Conditions on a Kubernetes context are left to Skaffold. Source: Skaffold's documentation, "Profiles, Activation".
 * @returns none for a malformed file: Skaffold's own error is better
 */
export async function activatedByBuild(context: Context, project: Project): Promise<readonly string[]> {
  const main = resolve(project.directory, project.file);
  const text = await readFile(main, 'utf8').catch(() => '');
  if (!/^[ \t]*(?:- +)?(?:requires|activation):/mu.test(text)) return [];
  const files = /^requires:/mu.test(text)
    ? (await inspectProfiles(context, project)).map(({ path }) => path).filter((path) => path !== undefined)
    : [];
  const all = await Promise.all(
    [...new Set([main, ...files])].map((file) => activatedIn(file, context.env, project.profiles)),
  );
  return [...new Set(all.flat())];
}

async function activatedIn(file: string, env: Env, named: readonly string[]): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return parseAllDocuments(text).flatMap((document) => {
    const config = v.safeParse(shape, document.errors.length > 0 ? undefined : document.toJS());
    if (!config.success) return [];
    return config.output.profiles
      .filter(({ name, activation, requiresAllActivations }) => {
        if (named.includes(name) || named.includes(`-${name}`)) return false;
        if (!activation.some(({ command }) => command !== undefined)) return false;
        const holds = (one: Condition) => holdsForBuild(one, env, { file, name });
        return requiresAllActivations ? activation.every(holds) : activation.some(holds);
      })
      .map(({ name }) => name);
  });
}

/** Where a condition is, for messages. */
interface Place {
  readonly file: string;
  /** Of the profile. */
  readonly name: string;
}

const holdsForBuild = ({ env: variable, command, kubeContext }: Condition, env: Env, place: Place) =>
  kubeContext === undefined &&
  (command === undefined || matches(command, 'build', place)) &&
  (variable === undefined || variableHolds(variable, env, place));

function variableHolds(text: string, env: Env, place: Place): boolean {
  const split = text.indexOf('=');
  const [value, actual] = [text.slice(split + 1), env[text.slice(0, split)] ?? ''];
  return value === '' ? actual === '' : matches(value, actual, place);
}

/** Source: Skaffold's RegexEqual. @throws OpError (input) for an expression that op does not evaluate */
function matches(expected: string, actual: string, place: Place): boolean {
  if (expected.startsWith('!')) return !matches(expected.slice(1), actual, place);
  if (expected === actual) return true;
  if (!simple.test(expected) || (expected.match(/[*+?]/gu) ?? []).length > 1) throw notEvaluated(expected, place);
  try {
    return new RegExp(expected, 'u').test(actual);
  } catch {
    return false;
  }
}

/**
 * Alternatives of characters and sets of characters, of which one may be repeated: all that means the same to Go's engine, and is as fast in
 * JavaScript's, which tries out all ways to match an expression.
 */
const simple =
  /^\^?(?:\((?:\?:)?(?:[^\\^$*+?()[\]{}|\n]|\\[./-]|\[[\w-]+\]|[*+?|])*\)|(?:[^\\^$*+?()[\]{}|\n]|\\[./-]|\[[\w-]+\]|[*+?|])*)\$?$/u;

const notEvaluated = (expression: string, { file, name }: Place) =>
  inputError({
    what: `op cannot tell whether the profile ${name} is active`,
    why: `its activation in ${file} has a regular expression that op does not evaluate: ${printable(expression).slice(0, 100)}`,
    hint: `name the profile with --profile=${name}, or --profile=-${name} to leave it out; or use alternatives such as build|dev`,
  });
