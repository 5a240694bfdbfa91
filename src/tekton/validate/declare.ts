import { milliseconds } from '../duration.js';
import type { ParamDef, Params } from '../param.js';
import type { Report } from '../problem.js';
import type { Results } from '../result.js';
import type { Workspaces } from '../workspace.js';
import { kindOf } from './kind.js';
import { checkFields } from './known-fields.js';
import { checkKey, checkParamName, checkResultName, checkUnique, checkWorkspaceName } from './names.js';
import type { ValidateOptions } from './options.js';
import { checkPlain } from './strings.js';

/** Checks the declarations of params. Tekton compares their names case-insensitively. */
export function checkParams(params: Params, report: Report): void {
  const names = Object.keys(params);
  checkUnique(
    names,
    (index) => `params.${names[index]}`,
    'param',
    report,
    (name) => name.toLowerCase(),
  );
  for (const [name, definition] of Object.entries(params)) {
    const path = `params.${name}`;
    checkParamName(name, definition.type === 'object', path, report);
    checkFields(definition, 'param', path, report);
    checkDefault(definition, path, report);
    if (definition.type === 'object') checkProperties(definition.properties, path, report);
    if (definition.type === 'string' && definition.values !== undefined) checkChoices(definition.values, path, report);
  }
}

function checkDefault(definition: ParamDef, path: string, report: Report): void {
  if (definition.default === undefined) return;
  const problem = literalProblem(definition, definition.default);
  if (problem !== undefined) report(path, `the default ${problem}`);
  checkPlain(definition.default, `${path}.default`, report);
}

/** Why a literal does not fit a param, or nothing when it does. */
export function literalProblem(definition: ParamDef, value: unknown): string | undefined {
  switch (definition.type) {
    case 'string':
      return stringProblem(definition, value);
    case 'array':
      return Array.isArray(value) ? undefined : `is ${kindOf(value)}, but the param is an array`;
    default:
      return objectProblem(Object.keys(definition.properties ?? {}), value);
  }
}

function stringProblem(definition: Extract<ParamDef, { readonly type: 'string' }>, value: unknown): string | undefined {
  if (typeof value !== 'string') return `is ${kindOf(value)}, but the param is a string`;
  if (definition.values !== undefined && !definition.values.includes(value)) {
    return `"${value}" is not one of: ${definition.values.join(', ')}`;
  }
  if (definition.format === 'duration' && milliseconds(value) === undefined) {
    return `"${value}" is not a duration such as 90s, 10m or 1h30m`;
  }
  return undefined;
}

function objectProblem(keys: readonly string[], value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `is ${kindOf(value)}, but the param is an object`;
  }
  const missing = keys.filter((key) => !(key in value));
  if (missing.length > 0) return `is missing the key "${missing.join('", "')}"`;
  const extra = Object.keys(value).filter((key) => !keys.includes(key));
  return extra.length === 0 ? undefined : `has the unknown key "${extra.join('", "')}"`;
}

function checkProperties(properties: { readonly [key: string]: unknown } = {}, path: string, report: Report): void {
  const keys = Object.keys(properties);
  if (keys.length === 0) report(path, 'an object needs at least one key', "declare them: { url: 'string' }");
  for (const key of keys) checkKey(key, `${path}.properties`, report);
  for (const [key, type] of Object.entries(properties)) {
    if (type !== 'string') report(`${path}.properties.${key}`, `is "${String(type)}"; keys of objects are strings`);
  }
}

function checkChoices(values: readonly string[], path: string, report: Report): void {
  if (values.length === 0) report(path, 'has no allowed values', 'list at least one value');
  const twice = values.filter((value, index) => values.indexOf(value) !== index);
  if (twice.length > 0) report(path, `allows "${twice[0]}" twice`, 'list each value once');
  checkPlain(values, `${path}.values`, report);
}

/** Checks the declarations of results. */
export function checkResults(results: Results, report: Report): void {
  for (const [name, definition] of Object.entries(results)) {
    const path = `results.${name}`;
    checkResultName(name, path, report);
    checkFields(definition, 'result', path, report);
    if (definition.type === 'object') checkProperties(definition.properties, path, report);
  }
}

/** Checks the declarations of a Task's workspaces; `mounted` are the paths its steps mount volumes at. */
export function checkWorkspaces(
  workspaces: Workspaces,
  mounted: ReadonlySet<string>,
  { allow = [] }: ValidateOptions,
  report: Report,
): void {
  const allowMore = allow.includes('two-claims');
  const paths = new Set(mounted);
  let volume: string | undefined;
  for (const [name, definition] of Object.entries(workspaces)) {
    const path = `workspaces.${name}`;
    checkWorkspaceName(name, path, report);
    checkFields(definition, 'workspace', path, report);
    if (definition.kind === 'volume' && definition.need === 'required' && !allowMore) {
      if (volume === undefined) volume = name;
      else {
        const why = `"${volume}" is the first, and a TaskRun with two claims fails`;
        report(path, `is the second workspace for a volume that is required; ${why}`, twoVolumes);
      }
    }
    const mountPath = definition.mountPath ?? `/workspace/${name}`;
    checkMountPath(mountPath, path, report);
    if (paths.has(clean(mountPath)))
      report(path, `something else is also mounted at "${mountPath}"`, 'choose another mountPath');
    paths.add(clean(mountPath));
  }
}

const twoVolumes =
  'make it optional, and bind it to an emptyDir; or use one workspace with a subPath for each, or workspace.secret() or workspace.config()';

/** Checks a mount path: absolute, literal, and not reserved by Tekton. */
export function checkMountPath(mountPath: string, path: string, report: Report): void {
  checkPlain(mountPath, path, report);
  if (!mountPath.startsWith('/')) report(path, `the mount path "${mountPath}" is not absolute`);
  const place = clean(mountPath);
  if (place === '/') report(path, 'is mounted over the root of the image', 'mount it at a directory');
  if (mountPath.includes(':')) report(path, `the mount path "${mountPath}" contains a colon, which Kubernetes refuses`);
  if ((place === '/tekton' || place.startsWith('/tekton/')) && !place.startsWith('/tekton/home')) {
    report(path, `"${mountPath}" is reserved by Tekton`, 'mount it elsewhere');
  }
}

/** A path without double or trailing slashes and dots, to compare with others. */
export function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
