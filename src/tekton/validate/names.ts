import type { Report } from '../problem.js';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const variable = /^[_a-zA-Z][_a-zA-Z0-9.-]*$/;
const key = /^[_a-zA-Z][_a-zA-Z0-9-]*$/;
const result = /^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/;

/** Names of objects: a DNS subdomain of at most 63 characters (`validate.ObjectMetadata` of Tekton). */
export function checkObjectName(name: string, path: string, report: Report): void {
  if (!subdomain.test(name)) {
    report(path, `the name "${name}" is not a DNS name`, 'use lower-case letters, digits and "-"');
  }
  checkLength(name, path, report);
}

/** Names of nodes, steps, sidecars and volumes: a DNS label. */
export function checkLabel(name: string, path: string, report: Report): void {
  if (!label.test(name)) {
    report(path, `the name "${name}" is not a DNS label`, 'use lower-case letters, digits and "-"');
  }
  checkLength(name, path, report);
}

function checkLength(name: string, path: string, report: Report): void {
  if (name.length <= 63) return;
  report(path, `the name has ${name.length} characters; Tekton accepts at most 63`, 'choose a shorter name');
}

/** Names of params: dots are allowed, except in objects, where they would read as keys. */
export function checkParamName(name: string, isObject: boolean, path: string, report: Report): void {
  if ((isObject ? key : variable).test(name)) return;
  const dots = isObject ? '' : ', dots';
  report(
    path,
    `the param name "${name}" is not allowed`,
    `start with a letter or _, then use letters, digits, _, -${dots}`,
  );
}

/** Keys of object params and results. */
export function checkKey(name: string, path: string, report: Report): void {
  if (key.test(name)) return;
  report(path, `the key "${name}" is not allowed`, 'start with a letter or _, then use letters, digits, _, -');
}

/** Names of ConfigMaps, Secrets and claims: a DNS subdomain. Source: Kubernetes, NameIsDNSSubdomain. */
export function checkSubdomain(name: string, path: string, report: Report): void {
  if (subdomain.test(name) && name.length <= 253) return;
  report(path, `the name "${name}" is not a DNS name`, 'use lower-case letters, digits, "-" and dots');
}

/** Keys of ConfigMaps and Secrets. Source: Kubernetes, IsConfigMapKey of apimachinery/pkg/util/validation. */
export function checkFileKey(name: string, path: string, report: Report): void {
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(name) && name !== '.' && !name.startsWith('..')) return;
  report(
    path,
    `the key "${name}" is not allowed`,
    'use letters, digits, -, _ and dots, and do not start with two dots',
  );
}

/** Paths of keys in a volume. Source: Kubernetes, validateLocalNonReservedPath of pkg/apis/core/validation. */
export function checkItemPath(itemPath: string, path: string, report: Report): void {
  const parts = itemPath.split('/');
  if (itemPath !== '' && !itemPath.startsWith('/') && !itemPath.startsWith('..') && !parts.includes('..')) return;
  report(path, `"${itemPath}" is no path inside of the volume`, 'use a relative path without ".."');
}

/** Names of results. Tekton allows a dot, but then reads `results.a.b` as key `b` of the object `a`. */
export function checkResultName(name: string, path: string, report: Report): void {
  if (result.test(name)) return;
  report(
    path,
    `the result name "${name}" is not allowed`,
    'use letters, digits, _ and -, with a letter or digit at both ends',
  );
}

/** Names of workspaces. */
export function checkWorkspaceName(name: string, path: string, report: Report): void {
  if (result.test(name)) return;
  report(
    path,
    `the workspace name "${name}" is not allowed`,
    'use letters, digits, _ and -, with a letter or digit at both ends',
  );
}

/** Names of environment variables, as every shell can read them. */
export function checkEnvName(name: string, path: string, report: Report): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return;
  report(path, `"${name}" is not a valid name of an environment variable`, 'use letters, digits and _');
}

/** Reports every name that came before; Tekton compares some names case-insensitively. */
export function checkUnique(
  names: readonly string[],
  pathOf: (index: number) => string,
  what: string,
  report: Report,
  fold: (name: string) => string = (name) => name,
): void {
  const first = new Map<string, number>();
  names.forEach((name, index) => {
    const before = first.get(fold(name));
    if (before === undefined) first.set(fold(name), index);
    else {
      const same = names[before] === name ? '' : ` (names are compared case-insensitively: "${names[before]}")`;
      report(pathOf(index), `another ${what} is already named "${name}"${same}`, 'rename one of them');
    }
  });
}

/** The known name that a mistyped one was meant to be, if one is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let distance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const found = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (found < distance) [best, distance] = [candidate, found];
  }
  return best;
}

/** What to do about an unknown name. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  return known.length === 0 ? 'it declares none' : `it declares: ${known.join(', ')}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
