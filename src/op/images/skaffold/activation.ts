import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
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
  if (!/^\s*(?:- +)?(?:requires|activation):/mu.test(text)) return [];
  const files = /^requires:/mu.test(text)
    ? (await inspectProfiles(context, project)).map(({ path }) => path).filter((path) => path !== undefined)
    : [];
  const all = await Promise.all([...new Set([main, ...files])].map((file) => activatedIn(file, context.env)));
  return [...new Set(all.flat())];
}

async function activatedIn(file: string, env: Env): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return parseAllDocuments(text).flatMap((document) => {
    const config = v.safeParse(shape, document.errors.length > 0 ? undefined : document.toJS());
    if (!config.success) return [];
    return config.output.profiles
      .filter(({ activation, requiresAllActivations }) => {
        if (!activation.some(({ command }) => command !== undefined)) return false;
        const holds = (one: Condition) => holdsForBuild(one, env);
        return requiresAllActivations ? activation.every(holds) : activation.some(holds);
      })
      .map(({ name }) => name);
  });
}

const holdsForBuild = ({ env: variable, command, kubeContext }: Condition, env: Env) =>
  kubeContext === undefined &&
  (command === undefined || matches(command, 'build')) &&
  (variable === undefined || variableHolds(variable, env));

function variableHolds(text: string, env: Env): boolean {
  const split = text.indexOf('=');
  const [value, actual] = [text.slice(split + 1), env[text.slice(0, split)] ?? ''];
  return value === '' ? actual === '' : matches(value, actual);
}

/** Source: Skaffold's RegexEqual. */
function matches(expected: string, actual: string): boolean {
  if (expected.startsWith('!')) return !matches(expected.slice(1), actual);
  try {
    return expected === actual || new RegExp(expected, 'u').test(actual);
  } catch {
    return false;
  }
}
