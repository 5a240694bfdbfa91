/** Which references a text may hold. Source: pkg/substitution and the Validate functions of Tekton. */
import type { WireParamSpec, WireValue } from '../../tekton/wire/task.js';

/** Where something is wrong, below the object, and how to mend it. */
export type Report = (path: string, what: string, hint: string) => void;

/** Names that `$(params.NAME)` and the like may use; undefined when only the run can tell, as in an embedded spec. */
export interface Scope {
  readonly params: readonly WireParamSpec[] | undefined;
}

/** The names in `$(PREFIX.name)`, `$(PREFIX["name"])` and `$(PREFIX['name'])`, with what stands behind the first dot. */
export function uses(
  text: string,
  prefix: string,
): { readonly name: string; readonly rest: string; readonly whole: string }[] {
  const written = prefix.replaceAll('.', '\\.');
  const found = new RegExp(
    `\\$\\(${written}(?:\\.(.*?(?:\\[\\*\\])?)|\\["(.*?(?:\\[\\*\\])?)"\\]|\\['(.*?(?:\\[\\*\\])?)'\\])\\)`,
    'gu',
  );
  return [...text.matchAll(found)].map(([whole, dotted, double, single]) => {
    const [name = '', ...rest] = dotted === undefined ? [double ?? single ?? ''] : dotted.split('.');
    return { name: name.replace(/\[[0-9]*\*?\]/u, ''), rest: rest.join('.'), whole };
  });
}

/** A text: params must be there, and be texts, items or keys. */
export function checkText(text: string | undefined, { params }: Scope, path: string, report: Report): void {
  if (text === undefined || params === undefined) return;
  for (const { name, rest, whole } of uses(text, 'params')) {
    const spec = known(name, rest, whole, params, path, report);
    if (spec === undefined) continue;
    const item = /\[[0-9]+\]\)$/u.test(whole);
    if (spec.type === 'array' && !item) {
      report(path, `uses the array ${whole} in a text`, 'use one item, such as [0], or an item of args of its own');
    } else if (spec.type === 'object' && rest === '') {
      report(path, `uses the object ${whole} in a text`, 'use one of its keys');
    }
  }
}

/** An item of a list: a whole array too, when it stands alone. */
export function checkItem(text: string, scope: Scope, path: string, report: Report): void {
  const [only, ...more] = uses(text, 'params');
  const spec = scope.params?.find(({ name }) => name === only?.name);
  if (spec?.type !== 'array' || more.length > 0 || /\[[0-9]+\]\)$/u.test(only?.whole ?? '')) {
    checkText(text, scope, path, report);
  } else if (only?.whole !== text) {
    report(path, `uses the array ${only?.whole} in a longer text`, 'make the reference an item of its own');
  }
}

/** The value of a param: a text that is one reference may be a whole array or object. */
export function checkValue(value: WireValue, scope: Scope, path: string, report: Report): void {
  if (typeof value !== 'string') {
    for (const [key, text] of Object.entries(value)) {
      const at = `${path}${Array.isArray(value) ? `[${key}]` : `.${key}`}`;
      if (Array.isArray(value)) checkItem(text, scope, at, report);
      else checkText(text, scope, at, report);
    }
    return;
  }
  const [only] = uses(value, 'params');
  const whole = only !== undefined && only.whole === value && value.endsWith('[*])');
  if (!whole) checkText(value, scope, path, report);
  else if (scope.params !== undefined) known(only.name, only.rest, value, scope.params, path, report);
}

function known(
  name: string,
  rest: string,
  whole: string,
  params: readonly WireParamSpec[],
  path: string,
  report: Report,
): WireParamSpec | undefined {
  const spec = params.find((one) => one.name === name);
  const key = rest.replace(/\[.*$/u, '');
  if (spec === undefined) {
    report(path, `uses ${whole}, and there is no param ${name}`, 'declare it in params, or correct the name');
  } else if (rest.includes('.')) {
    report(path, `uses ${whole}, which has too many dots`, `write $(params["${name}.${rest}"])`);
    return undefined;
  } else if (rest !== '' && !Object.hasOwn(spec.properties ?? {}, key) && !Object.hasOwn(object(spec.default), key)) {
    report(
      path,
      `uses ${whole}, and the param ${name} has no key ${key}`,
      'declare it in properties, or correct the name',
    );
    return undefined;
  }
  return spec;
}

function object(value: WireValue | undefined): object {
  return typeof value === 'object' && !Array.isArray(value) ? value : {};
}

const contexts: Readonly<Record<string, readonly string[]>> = {
  'context.taskRun': ['name', 'namespace', 'uid'],
  'context.task': ['name', 'retry-count'],
  'context.pipelineRun': ['name', 'namespace', 'uid'],
  'context.pipeline': ['name'],
  'context.pipelineTask': ['retries'],
};

/** `$(context.…)` that does not exist. */
export function checkContexts(text: string, prefixes: readonly string[], path: string, report: Report): void {
  for (const prefix of prefixes) {
    const names = contexts[prefix] ?? [];
    for (const { name, whole } of uses(text, prefix)) {
      if (!names.includes(name)) report(path, `uses ${whole}, which does not exist`, `use one of: ${names.join(', ')}`);
    }
  }
}
