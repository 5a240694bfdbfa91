import { partsOf, referenceOf, written } from '../reference.js';
import { SCRIPT, type Script } from '../script/sh.js';
import type { Env, EnvValue } from '../step.js';
import type { EnvVar } from '../wire/pod.js';

/**
 * The variables of a container. Those of the script come first, then other references, then literals, then sources:
 * Kubernetes expands `$(NAME)` in a value from the variables before it, so nothing of value may come before a reference.
 */
export function envVars(script: Script | undefined, env: Env | undefined): readonly EnvVar[] {
  const own = Object.entries(env ?? {});
  const hoisted =
    script === undefined ? [] : script[SCRIPT].env.map(({ name, value }) => ({ name, value: written(value) }));
  const write = ([name, value]: readonly [string, EnvValue]): EnvVar =>
    isSource(value) ? { name, valueFrom: value.valueFrom } : { name, value: written(value) };
  return [
    ...hoisted,
    ...own.filter(([, value]) => holdsReference(value)).map(write),
    ...own.filter(([, value]) => !holdsReference(value) && !isSource(value)).map(write),
    ...own.filter(([, value]) => isSource(value)).map(write),
  ];
}

function isSource(value: EnvValue): value is Extract<EnvValue, { readonly valueFrom: unknown }> {
  return typeof value === 'object' && value !== null && 'valueFrom' in value;
}

/** Whether a value is, or contains, a reference. */
export function holdsReference(value: unknown): boolean {
  if (referenceOf(value) !== undefined) return true;
  return partsOf(value)?.some(holdsReference) ?? false;
}
