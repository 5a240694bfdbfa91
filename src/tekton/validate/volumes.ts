import type { Report } from '../problem.js';
import { isRecord } from '../record.js';
import { checkFileKey, checkItemPath, checkSubdomain } from './names.js';
import { checkQuantity } from './resources.js';
import { checkShape } from './shape.js';
import { checkPlain } from './strings.js';

/** Octal modes that somebody wrote in decimal: 400 is 0o620. */
const decimalModes = [400, 440, 444, 500];

/**
 * Checks what a volume, or the volume behind a workspace, is made of: known fields, names that objects can have, modes, paths.
 * Source: Kubernetes, validateVolumeSource of pkg/apis/core/validation.
 */
export function checkVolumeSource(source: unknown, type: string, path: string, report: Report): void {
  checkShape(type, source, path, report);
  checkPlain(source, path, report);
  visit(source, path, report);
}

/** Fields that are the name of an object, by the field that they are in. */
const named: Readonly<Record<string, string>> = {
  secret: 'secretName',
  configMap: 'name',
  persistentVolumeClaim: 'claimName',
  secretKeyRef: 'name',
  configMapKeyRef: 'name',
  nodePublishSecretRef: 'name',
};

function visit(value: unknown, path: string, report: Report, field = ''): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      visit(item, `${path}[${index}]`, report, field);
    });
    return;
  }
  if (!isRecord(value)) return;
  const name = value[named[field] ?? ''] ?? (field === 'secret' ? value.name : undefined);
  if (typeof name === 'string' && !name.includes('$(')) checkSubdomain(name, path, report);
  for (const [key, inner] of Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    if (key === 'defaultMode' || key === 'mode') checkMode(inner, place, report);
    else if (key === 'sizeLimit') checkQuantity(inner, place, report);
    else if (key === 'items' && Array.isArray(inner)) checkItems(inner, place, report);
    visit(inner, place, report, key);
  }
}

/** Checks the mode of files: octal, and permissions only. */
function checkMode(mode: unknown, path: string, report: Report): void {
  if (typeof mode !== 'number') return;
  if (mode < 0 || mode > 0o777) report(path, `${mode} is not a mode of files`, 'write it in octal, as 0o644');
  else if (decimalModes.includes(mode)) {
    report(
      path,
      `${mode} in decimal is 0o${mode.toString(8)}`,
      `write 0o${mode}, or 0o${mode.toString(8)} if it is meant`,
    );
  }
}

/** Checks which keys of an object become which files. */
export function checkItems(items: readonly unknown[], path: string, report: Report): void {
  items.forEach((item, index) => {
    if (!isRecord(item)) return;
    if (typeof item.key === 'string') checkFileKey(item.key, `${path}[${index}].key`, report);
    if (typeof item.path === 'string') checkItemPath(item.path, `${path}[${index}].path`, report);
  });
}

/** Checks a directory inside of a volume; one that holds a reference is known only when the pod is made. */
export function checkSubPath(subPath: unknown, path: string, report: Report): void {
  if (typeof subPath !== 'string' || (!subPath.startsWith('/') && !subPath.split('/').includes('..'))) return;
  report(path, `"${subPath}" is no path inside of the volume`, 'use a relative path without ".."');
}
