/** What Kubernetes refuses of a ConfigMap or a Secret: their names and keys are names of files here. */
import { checkFileKey, checkSubdomain } from '../../tekton/validate/names.js';
import type { LocalObject } from '../documents/read.js';
import { plainly } from './declared.js';
import type { Report } from './variables.js';

const fields: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data', 'binaryData'],
  Secret: ['data', 'stringData'],
};

export function checkObject({ apiVersion, kind, name, value }: LocalObject, report: Report): void {
  if (apiVersion !== 'v1' || !Object.hasOwn(fields, kind)) return;
  checkSubdomain(name, 'metadata.name', plainly(report));
  for (const field of fields[kind] ?? []) {
    const keys = value[field];
    if (typeof keys !== 'object' || keys === null) continue;
    for (const key of Object.keys(keys)) checkFileKey(key, field, plainly(report));
  }
}
