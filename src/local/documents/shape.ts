/** Checks an object field by field against the Go types that Tekton decodes it into, and makes its values plain. */

import fields from '../../tekton/schema/fields.json' with { type: 'json' };
import { nearest } from '../../tekton/validate/names.js';
import { isObject, type Json, type JsonObject } from './parse.js';
import { noted, refusals } from './refused.js';

export type Path = readonly (string | number)[];
/** A `refusal` is of a field that Tekton has and this machine cannot honour. */
export type Found = (kind: 'problem' | 'refusal' | 'note', path: Path, what: string, hint: string) => void;

const table: Readonly<Record<string, Readonly<Record<string, string>>>> = fields;

/** The Go type of an object that local runs read, such as `v1.Task`. */
export function rootType(apiVersion: string, kind: string): string | undefined {
  return table['']?.[`${apiVersion}/${kind}`];
}

/**
 * The value as Tekton has it after decoding: nulls are gone, a param's value is a text, a list of texts or an object of texts.
 * What has the wrong type or is unknown is reported and left out.
 */
export function shaped(type: string, value: Json, path: Path, found: Found): Json | undefined {
  if (value === null) return type === 'value' && path.at(-1) !== 'default' ? '' : undefined;
  const wrong = (wanted: string) => {
    found('problem', path, `is ${kindOf(value)}, where Tekton wants ${wanted}`, `write ${wanted}`);
    return undefined;
  };
  if (type.startsWith('[]')) {
    if (!Array.isArray(value)) return wrong('a list');
    return value.flatMap((item: Json, index) => {
      const one = shaped(type.slice(2), item, [...path, index], found);
      return one === undefined ? (type === '[]string' ? [''] : []) : [one];
    });
  }
  if (type.startsWith('{}')) {
    if (!isObject(value)) return wrong('an object');
    return mapObject(value, (item, key) => shaped(type.slice(2), item, [...path, key], found));
  }
  switch (type) {
    case 'any':
      return value;
    case 'value':
      return paramValue(value);
    case 'string':
      return typeof value === 'string' ? value : wrong('a text (quote it)');
    case 'time':
      return typeof value === 'string' ? value : wrong('a time');
    case 'duration':
      return (typeof value === 'string' ? stored(value) : undefined) ?? wrong('a duration such as 1h30m');
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'integer':
      return typeof value === 'bigint' ? Number(value) : wrong('a whole number');
    case 'int-or-string':
      return typeof value === 'bigint'
        ? Number(value)
        : typeof value === 'string'
          ? value
          : wrong('a number or a text');
    case 'quantity':
      return typeof value === 'object' || typeof value === 'boolean' ? wrong('a quantity such as 64Mi') : String(value);
  }
  if (!isObject(value)) return wrong('an object');
  return struct(type, value, path, found);
}

function struct(type: string, value: JsonObject, path: Path, found: Found): JsonObject {
  const known = table[type] ?? {};
  const plain = type.replace(/^v1(?:alpha1|beta1)?\./, '');
  const refused = { ...refusals[plain], ...refusals[type] };
  const empty = Object.fromEntries((zero[plain] ?? []).map((field) => [field, '']));
  const given = mapObject(properlyWritten(value, known, path, found), (item, key) => {
    const at = [...path, key];
    const field = Object.hasOwn(known, key) ? known[key] : undefined;
    const refusal = Object.hasOwn(refused, key) ? refused[key] : undefined;
    if (refusal !== undefined && !isEmpty(item)) found('refusal', at, refusal.what, refusal.hint);
    else if (field === undefined)
      found('problem', at, 'is a field that Tekton v1.15 does not know', suggestion(key, known));
    else {
      if (noted[plain]?.includes(key) === true && !isEmpty(item)) {
        found('note', at, `${key} has no effect on this machine`, '');
      }
      return shaped(field, item, at, found);
    }
    return undefined;
  });
  return { ...empty, ...given };
}

/** Texts that Go has even when the document leaves them out. */
const zero: Readonly<Record<string, readonly string[]>> = {
  ...{ Param: ['name', 'value'], PipelineResult: ['name', 'value'] },
  ...{ ParamSpec: ['name'], TaskResult: ['name'], StepResult: ['name'], PipelineTask: ['name'] },
  ...{ WorkspaceUsage: ['name'], WorkspaceDeclaration: ['name'], PipelineWorkspaceDeclaration: ['name'] },
  ...{ WorkspacePipelineTaskBinding: ['name'], WorkspaceBinding: ['name'], PipelineTaskRunSpec: ['pipelineTaskName'] },
  ...{ TaskRunStepSpec: ['name'], TaskRunSidecarSpec: ['name'], TaskRunStepOverride: ['name'] },
  ...{ TaskRunSidecarOverride: ['name'], 'core/v1.Volume': ['name'], 'core/v1.VolumeMount': ['name', 'mountPath'] },
  'core/v1.EnvVar': ['name'],
};

/** Go finds a field whatever the case of its letters. */
function properlyWritten(
  value: JsonObject,
  known: Readonly<Record<string, string>>,
  path: Path,
  found: Found,
): JsonObject {
  if (Object.keys(value).every((key) => Object.hasOwn(known, key))) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (Object.hasOwn(known, key)) return [key, item];
      const name = Object.keys(known).find((other) => other.toLowerCase() === key.toLowerCase());
      if (name === undefined || Object.hasOwn(value, name)) return [key, item];
      found('note', [...path, key], `is read as ${name}, as Tekton does; kubectl refuses it`, `write ${name}`);
      return [name, item];
    }),
  );
}

/** What decoding makes of an empty value: nothing at all. */
function isEmpty(value: Json): boolean {
  return value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

function mapObject(value: JsonObject, map: (item: Json, key: string) => Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const one = map(item, key);
      return one === undefined ? [] : [[key, one]];
    }),
  );
}

/** `ParamValue.UnmarshalJSON`: what is neither a text, a list of texts nor an object of texts becomes its JSON. */
function paramValue(value: Json): Json {
  if (typeof value === 'string') return value;
  const text = (item: Json) => typeof item === 'string' || item === null;
  if (Array.isArray(value) && value.every(text)) return value.map((item: Json) => item ?? '');
  if (isObject(value) && Object.values(value).every(text)) return mapObject(value, (item) => item ?? '');
  return canonical(value);
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu;

/** A duration as Go reads and writes it: `90s` is `1m30s`. Undefined for what is none. */
function stored(text: string): string | undefined {
  const [, sign = '', rest = ''] = /^([-+]?)(.*)$/su.exec(text) ?? [];
  if (rest === '0') return '0s';
  if (rest === '' || rest.replaceAll(part, '') !== '') return undefined;
  const nanoseconds = [...rest.matchAll(part)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0),
    0,
  );
  const minus = sign === '-' && nanoseconds > 0 ? '-' : '';
  if (nanoseconds > 0 && nanoseconds < 1e9) {
    const unit = nanoseconds < 1e3 ? 'ns' : nanoseconds < 1e6 ? 'µs' : 'ms';
    return `${minus}${nanoseconds / (units[unit] ?? 1)}${unit}`;
  }
  const minutes = Math.floor(nanoseconds / 6e10);
  const seconds = `${(nanoseconds - minutes * 6e10) / 1e9}s`;
  if (minutes === 0) return `${minus}${seconds}`;
  return minutes < 60
    ? `${minus}${minutes}m${seconds}`
    : `${minus}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

function kindOf(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'boolean' ? String(value) : `the number ${String(value)}`;
}

function suggestion(key: string, known: Readonly<Record<string, string>>): string {
  const near = nearest(key, Object.keys(known));
  return near === undefined ? 'remove it; a newer Tekton may know it' : `did you mean ${near}?`;
}
