import type { ParamDef, Params } from '../param.js';
import { type StringRef, written } from '../reference.js';
import type { ResultDef, Results } from '../result.js';
import type { WireParamSpec, WireResult, WireWorkspace } from '../wire/task.js';
import type { Workspaces } from '../workspace.js';
import { fields } from './fields.js';

/** The declarations of params, in the order they were written. */
export function paramSpecs(params: Params): readonly WireParamSpec[] {
  return Object.entries(params).map(([name, definition]) =>
    fields<WireParamSpec>({
      name,
      type: definition.type,
      description: describe(definition),
      properties: definition.type === 'object' ? propertySpecs(definition.properties) : undefined,
      default: definition.default,
    }),
  );
}

/** What the description says of the allowed values, since Tekton's `enum` is alpha. */
function describe(definition: ParamDef): string | undefined {
  const rule = ruleOf(definition);
  if (rule === undefined) return definition.description;
  if (definition.description === undefined) return rule;
  const end = /[.!?)]\s*$/.test(definition.description) ? ' ' : '. ';
  return `${definition.description.trimEnd()}${end}${rule}`;
}

function ruleOf(definition: ParamDef): string | undefined {
  if (definition.type !== 'string') return undefined;
  if (definition.values !== undefined) return `One of ${definition.values.join(', ')}.`;
  return definition.format === 'duration' ? 'A duration such as 90s, 10m or 1h30m.' : undefined;
}

/** The declarations of results; `values` are those that come from a step. */
export function resultSpecs(
  results: Results,
  values: { readonly [name: string]: StringRef<'task'> } = {},
): readonly WireResult[] {
  return Object.entries(results).map(([name, definition]: [string, ResultDef]) =>
    fields<WireResult>({
      name,
      type: definition.type,
      description: definition.description,
      properties: definition.type === 'object' ? propertySpecs(definition.properties) : undefined,
      value: values[name] === undefined ? undefined : written(values[name]),
    }),
  );
}

function propertySpecs(properties: { readonly [key: string]: 'string' }) {
  return Object.fromEntries(Object.keys(properties).map((key) => [key, { type: 'string' as const }]));
}

/** The declarations of a Task's workspaces. */
export function workspaceSpecs(workspaces: Workspaces): readonly WireWorkspace[] {
  return Object.entries(workspaces).map(([name, definition]) =>
    fields<WireWorkspace>({
      name,
      description: definition.description,
      optional: definition.need === 'optional' ? true : undefined,
      readOnly: definition.readOnly === true ? true : undefined,
      mountPath: definition.mountPath,
    }),
  );
}
