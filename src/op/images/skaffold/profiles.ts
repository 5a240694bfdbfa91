import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { failureOf, run } from '../../kit/process/run.js';
import { type Project, skaffoldCommand } from './project.js';

const listed = v.object({ profiles: v.array(v.object({ name: v.string(), path: v.optional(v.string()) })) });
const failed = v.object({ errorMessage: v.string() });

/**
 * The names of the profiles of skaffold.yaml and of the modules that it requires.
 * @throws OpError (input) when skaffold.yaml cannot be read
 */
export async function listProfiles(context: Context, project: Project): Promise<readonly string[]> {
  return [...new Set((await inspectProfiles(context, project)).map(({ name }) => name))];
}

/** The profiles, each with its file. @throws OpError (input) when skaffold.yaml cannot be read */
export async function inspectProfiles(
  context: Context,
  project: Project,
): Promise<v.InferOutput<typeof listed>['profiles']> {
  const command = skaffoldCommand(project, ['inspect', 'profiles', 'list'], ['--update-check=false']);
  const ended = await run(context, command);
  const list = parseJson(listed, ended.stdout);
  if (ended.ended === 'ok' && list !== undefined) return list.profiles;
  const failure = parseJson(failed, ended.stdout);
  if (failure !== undefined) throw malformed(project.file, failure.errorMessage);
  throw failureOf(command, ended, { what: `cannot list the profiles of ${project.file}`, hint: 'run op doctor' });
}

/** Checks that the profiles exist, those that `-name` switches off too. @throws OpError (input) for an unknown one */
export function checkProfiles(project: Project, known: readonly string[]): void {
  const unknown = project.profiles.find((name) => !known.includes(name.replace(/^-/u, '')));
  if (unknown === undefined) return;
  throw inputError({
    what: `${project.file} has no profile "${unknown}"`,
    why: known.length === 0 ? 'it has no profiles' : `its profiles are ${known.join(', ')}`,
    hint: 'name one of them with --profile, or remove the flag',
  });
}

/** The error for a skaffold.yaml that Skaffold rejects. */
export function malformed(file: string, why: string): OpError {
  const cause = why
    .replace(/^(?:(?:error )?parsing|invalid) skaffold config(?:uration file)?: /u, '')
    .replace(/^error parsing skaffold configuration file: /u, '');
  return inputError({
    what: `Skaffold cannot read ${file}`,
    // Skaffold repeats some lines, and some beginnings of a line: `creating tagger: creating tagger: `.
    why: [...new Set(cause.split('\n'))].map((line) => line.replace(/^(.{1,1000}?: )\1+/u, '$1')).join('\n'),
    hint: `correct ${file}; skaffold diagnose --yaml-only shows how Skaffold reads it`,
  });
}
