/** Whether a task or step is run. Source: when_types.go of Tekton. CEL is refused when documents are read. */
import type { WireWhen } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';
import { isArray, substitute, substituteList } from '../variables/substitute.js';

/** All of them hold. */
export function allowsExecution(when: readonly WireWhen[]): boolean {
  return when.every(({ input = '', operator, values = [] }) => (operator === 'in') === values.includes(input));
}

/** An array in `values` becomes its items; as `input` it becomes its JSON. */
export function substituteWhen(when: readonly WireWhen[], variables: Variables): WireWhen[] {
  return when.map((one) => ({
    ...one,
    ...(one.input === undefined ? {} : { input: asText(one.input, variables) }),
    ...(one.values === undefined
      ? {}
      : { values: one.values.flatMap((value) => wholeArray(value, variables) ?? [substitute(value, variables)]) }),
  }));
}

function asText(text: string, variables: Variables): string {
  const items = wholeArray(text, variables);
  return items === undefined ? substitute(text, variables) : goJson(items);
}

function wholeArray(text: string, variables: Variables): readonly string[] | undefined {
  const param = `params.${text.replace(/^\$\(params\./u, '').replace(/\[\*\]\)$/u, '')}`;
  const other = text
    .replace(/^\$\(/u, '')
    .replace(/\)$/u, '')
    .replace(/\[\*\]$/u, '');
  const known = isArray(variables.get(param)) || isArray(variables.get(other));
  return known ? substituteList([text], variables) : undefined;
}

/** Go writes `<`, `>`, `&` and two separators of lines as escapes. */
function goJson(items: readonly string[]): string {
  return JSON.stringify(items).replaceAll(
    /[<>&\u2028\u2029]/gu,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
