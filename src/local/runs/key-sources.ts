import type { KeyToPath } from '../../tekton/wire/pod.js';
import type { LocalProblem } from '../contract.js';
import type { ObjectFiles } from './object-files.js';

/** A Secret or ConfigMap of which a volume or a workspace shows keys as files. */
export interface KeySource {
  readonly kind: keyof ObjectFiles;
  readonly name: string;
  readonly optional: boolean;
  /** Which keys, and at which paths; undefined for all, each under its own name. */
  readonly items: readonly KeyToPath[] | undefined;
}

interface Named {
  readonly name?: string;
  readonly secretName?: string;
  readonly optional?: boolean;
  readonly items?: readonly KeyToPath[];
}

interface Projected {
  readonly secret?: Named;
  readonly configMap?: Named;
  /** Absent here, see cluster-token.ts. */
  readonly serviceAccountToken?: object;
  /** Refused here, see documents/refused.ts. */
  readonly downwardAPI?: object;
}

/** A volume, or the binding of a workspace, as far as it shows keys. */
export interface KeyVolume extends Projected {
  readonly name?: string;
  readonly projected?: { readonly sources?: readonly Projected[] };
}

/** What a volume shows, in order; empty if it is another kind of volume. */
export function keySources({ secret, configMap, projected }: KeyVolume): readonly KeySource[] {
  const of = (kind: keyof ObjectFiles, named: Named | undefined): KeySource[] =>
    named === undefined
      ? []
      : [{ kind, name: named.secretName ?? named.name ?? '', optional: named.optional ?? false, items: named.items }];
  const own = [...of('secrets', secret), ...of('configMaps', configMap)];
  const sources = projected?.sources ?? [];
  const withToken = sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined);
  const together = sources.flatMap((one) => keySources(one));
  return [...own, ...together.filter(({ name }) => !(withToken && name === rootCertificates))];
}

/** The ConfigMap that Kubernetes keeps in every namespace: with a token for a cluster, it proves that cluster to be itself. */
const rootCertificates = 'kube-root-ca.crt';

/** The files of a volume: paths, and contents in Base64. Of two at one path the later one is there, as in Kubernetes. */
export function shownFiles(sources: readonly KeySource[], files: ObjectFiles): Readonly<Record<string, string>> {
  return Object.fromEntries(
    sources.flatMap(({ kind, name, items }) => {
      const keys = files[kind][name] ?? {};
      if (items === undefined) return Object.entries(keys);
      return items.flatMap(({ key, path }) => (keys[key] === undefined ? [] : [[path, keys[key]] as const]));
    }),
  );
}

/** Objects and keys that are not there, and without which a pod would not start. */
export function missingKeys(path: string, sources: readonly KeySource[], files: ObjectFiles): readonly LocalProblem[] {
  return sources.flatMap(({ kind, name, optional, items = [] }): LocalProblem[] => {
    // A variable has its value when the TaskRun starts.
    if (optional || name.includes('$(')) return [];
    const word = kind === 'secrets' ? 'Secret' : 'ConfigMap';
    const keys = files[kind][name];
    if (keys === undefined) {
      return [{ path, what: `there is no ${word} ${name}`, hint: `give the ${word} as a document with -f FILE` }];
    }
    return items
      .filter(({ key }) => !key.includes('$(') && keys[key] === undefined)
      .map(({ key }) => ({
        path,
        what: `the ${word} ${name} has no key ${key}`,
        hint: `its keys are ${Object.keys(keys).join(', ')}`,
      }));
  });
}
