import type { WireValue } from '../../tekton/wire/task.js';
import type { ParamValues, Variables } from '../contract.js';

/** How a param's name is written: three ways in a Pipeline, and the one of v1alpha1, which Tekton still knows, in a Task. */
export function notations(name: string, level: 'task' | 'pipeline'): string[] {
  const common = [`params.${name}`, `params[${JSON.stringify(name)}]`, `params['${name}']`];
  return level === 'task' ? [...common, `inputs.params.${name}`] : common;
}

/** What references to params stand for. `$(params.a[*])` is found under `params.a`. */
export function paramVariables(params: ParamValues, level: 'task' | 'pipeline' = 'task'): Variables {
  const variables = new Map<string, WireValue>();
  for (const [name, value] of Object.entries(params)) {
    for (const notation of notations(name, level)) {
      variables.set(notation, value);
      if (!Array.isArray(value)) continue;
      for (const [index, item] of value.entries()) variables.set(`${notation}[${index}]`, item);
    }
    if (typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, text] of Object.entries(value)) variables.set(`params.${name}.${key}`, text);
    }
  }
  return variables;
}
