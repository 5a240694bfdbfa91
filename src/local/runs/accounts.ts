import type { LocalObject } from '../documents/read.js';
import type { Credential } from '../task-run/credentials.js';
import type { ObjectFiles } from './object-files.js';

/** The Secrets of the ServiceAccounts that were given as documents, by the name of the account; a Secret that is not there is left out, as in Tekton. */
export function credentialsOf(
  objects: readonly LocalObject[],
  { secrets }: ObjectFiles,
): Readonly<Record<string, readonly Credential[]>> {
  const core = objects.filter(({ apiVersion }) => apiVersion === 'v1');
  const known = new Map(core.filter(({ kind }) => kind === 'Secret').map((one) => [one.name, one.value] as const));
  const accounts = core.filter(({ kind }) => kind === 'ServiceAccount');
  return Object.fromEntries(
    accounts.map(({ name, value }) => {
      const list: readonly unknown[] = Array.isArray(value.secrets) ? value.secrets : [];
      const names = new Set(list.flatMap((one) => textOf(one, 'name') ?? []));
      const credentials = [...names].flatMap((secret): Credential[] => {
        const document = known.get(secret);
        if (document === undefined) return [];
        const annotations = textsOf(fieldOf(document.metadata, 'annotations'));
        const values = Object.entries(secrets[secret] ?? {}).map(([key, text]) => [
          key,
          Buffer.from(text, 'base64').toString(),
        ]);
        return [
          { name: secret, type: textOf(document, 'type') ?? '', annotations, values: Object.fromEntries(values) },
        ];
      });
      return [name, credentials] as const;
    }),
  );
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(field) : undefined;

const textOf = (value: unknown, field: string): string | undefined => {
  const text = fieldOf(value, field);
  return typeof text === 'string' ? text : undefined;
};

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, `${text}`]))
    : {};
