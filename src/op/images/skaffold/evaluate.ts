import * as v from 'valibot';
import { parse, stringify } from 'yaml';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { failureOf, run } from '../../kit/process/run.js';
import { type Reference, registryOf, repositoryOf } from '../../systems/registry/reference.js';
import { type Project, skaffoldCommand } from './project.js';

type Values = Readonly<Record<string, string | null>>;

const evaluated = v.object({
  build: v.object({
    artifacts: v.tuple([v.object({ docker: v.object({ buildArgs: v.record(v.string(), v.string()) }) })]),
  }),
});

/**
 * Evaluates Go templates with Skaffold itself, which has many functions (sprig, and `cmd`, which runs a program).
 * Values without a template, and null, are unchanged.
 * @param target the image that the values are for: IMAGE_REPO, IMAGE_NAME and IMAGE_TAG of the templates; undefined where they do not have these
 * @throws OpError (input) for a template that Skaffold cannot evaluate, or that needs a variable which is not set
 */
export async function evaluateTemplates(
  context: Context,
  project: Project,
  image: string,
  values: Values,
  target: Reference | undefined,
): Promise<Values> {
  const templates = Object.entries(values).filter(([, value]) => value?.includes('{{'));
  if (templates.length === 0) return values;
  const buildArgs = Object.fromEntries(templates.map(([key, value]) => [key, `${value}${evaluatedMark}`]));
  const config = stringify({
    apiVersion: 'skaffold/v4beta1',
    kind: 'Config',
    build: { artifacts: [{ image: 'values', docker: { buildArgs } }] },
  });
  const flags = ['--yaml-only', '--enable-templating', '--interactive=false', '--update-check=false'];
  const command = skaffoldCommand(
    { ...project, profiles: [], config, env: { ...project.env, ...(target && names(target)) } },
    ['diagnose'],
    flags,
  );
  const ended = await run(context, command);
  if (ended.ended === 'failed') throw notEvaluated(project.file, image, ended.stderr.trim());
  const what = `cannot evaluate the templates of ${image}`;
  if (ended.ended !== 'ok') throw failureOf(command, ended, { what, hint: 'run op doctor' });
  const [{ docker }] = v.parse(evaluated, parse(ended.stdout)).build.artifacts;
  const left = templates.find(([key]) => docker.buildArgs[key]?.endsWith(evaluatedMark) !== false);
  if (left !== undefined) throw notSet(project.file, image, left[0], left[1] ?? '', context.env);
  return { ...values, ...docker.buildArgs };
}

/**
 * A template for nothing, at the end of each value. Skaffold gives back a value unchanged when a variable of it is not set (ApplyTemplates,
 * pkg/skaffold/tags/templates.go), and writes `<no value>` into images.
 */
const evaluatedMark = '{{""}}';

/** Source: Skaffold's EnvTags. */
function names(target: Reference) {
  const name = repositoryOf(target);
  const slash = name.lastIndexOf('/');
  return {
    IMAGE_REPO: slash < 0 ? registryOf(target) : name.slice(0, slash),
    IMAGE_NAME: name.slice(slash + 1),
    IMAGE_TAG: target.tag ?? 'latest',
  };
}

function notSet(file: string, image: string, key: string, template: string, env: Env) {
  const named = [...template.matchAll(/\.([A-Za-z_]\w*)/gu)].map(([, name = '']) => name);
  const missing = [...new Set(named.filter((name) => env[name] === undefined && !name.startsWith('IMAGE_')))];
  return inputError({
    what: `${key} of ${image} in ${file} has no value`,
    why: `its template ${template} needs a variable that is not set${missing.length > 0 ? `: ${missing.join(', ')}` : ''}`,
    hint: `set the variable, or write a default: {{default "x" .${missing[0] ?? 'NAME'}}}`,
  });
}

const notEvaluated = (file: string, image: string, why: string) =>
  inputError({
    what: `cannot evaluate the templates of ${image} in ${file}`,
    why: why.replace(/^.*?executing template: /su, ''),
    hint: 'correct the template: {{.NAME}} is the variable NAME, and {{default "x" .NAME}} works without it',
  });
