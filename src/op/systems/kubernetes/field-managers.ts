import * as v from 'valibot';

/** Who wrote fields of an object, and owns them since. */
export interface FieldManager {
  /** Such as `kubectl-edit` or `kustomize-controller`. */
  readonly name: string;
  /** When it last changed one of its fields, such as `2026-01-02T03:04:05Z`; empty when the server does not say. */
  readonly time: string;
  /** The paths of its fields: `['spec', 'replicas']`. An item of a list has the values of its keys: `name=web`. */
  readonly paths: readonly FieldPath[];
}
export type FieldPath = readonly string[];

const entry = v.looseObject({
  manager: v.optional(v.string(), ''),
  time: v.optional(v.string(), ''),
  subresource: v.optional(v.string(), ''),
  fieldsV1: v.optional(v.unknown()),
});
const managed = v.object({ metadata: v.object({ managedFields: v.optional(v.array(entry), []) }) });

/**
 * The managers of an object's fields, without those of its status. Source: the Kubernetes API, ManagedFieldsEntry v1; structured-merge-diff,
 * fieldpath/serialize-pe.go.
 * @throws ValiError
 */
export const parseFieldManagers = (object: unknown): readonly FieldManager[] =>
  v
    .parse(managed, object)
    .metadata.managedFields.filter(({ subresource }) => subresource === '')
    .map(({ manager, time, fieldsV1 }) => ({ name: manager, time, paths: pathsIn(fieldsV1) }));

function pathsIn(fields: unknown): readonly FieldPath[] {
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.entries(fields).flatMap(([key, below]): readonly FieldPath[] => {
    const step = stepOf(key);
    if (step === undefined) return [];
    const paths = pathsIn(below);
    return paths.length === 0 ? [[step]] : paths.map((path) => [step, ...path]);
  });
}

/** `f:NAME` is a field, `k:{…}` an item of a list by its keys, `v:…` one by its value; `.` stands for the parent itself. */
function stepOf(key: string): string | undefined {
  const [, kind, text = ''] = /^([fkv]):(.*)$/su.exec(key) ?? [];
  if (kind === 'f') return text;
  if (kind !== 'k') return undefined;
  const keys: Readonly<Record<string, unknown>> = JSON.parse(text);
  return Object.entries(keys)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',');
}
