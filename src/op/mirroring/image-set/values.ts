import * as v from 'valibot';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import { readYamlText, type YamlPath } from '../../kit/config/yaml-text.js';
import { orNothing, pathText } from '../import/imported.js';

/** Something to say of a line of a values file. */
export interface Finding extends YamlProblem {
  readonly file: string;
}

/** A label, and where it is. */
export interface Label {
  readonly text: string;
  /** Whether Helm reads it as a text: labels of Kubernetes must be texts. */
  readonly isText: boolean;
  readonly file: string;
  readonly line: number;
  readonly path: string;
}

/** The labels of a cluster set, or those of a cluster that differ from its set's. */
export interface Labelled {
  /** Such as `hubClusterSets.hub`. */
  readonly name: string;
  readonly isCluster: boolean;
  readonly labels: ReadonlyMap<string, Label>;
  readonly file: string;
  readonly line: number;
}

const set = orNothing(
  v.looseObject(
    { labels: orNothing(v.record(v.string(), v.unknown(), 'must be an object')) },
    'must be an object with labels',
  ),
);
const group = orNothing(v.record(v.string(), set, 'must be an object of cluster sets'));
const file = v.looseObject(
  { hubClusterSets: group, managedClusterSets: group, clusters: group },
  'must be an object with hubClusterSets, managedClusterSets or clusters',
);
const groups = ['hubClusterSets', 'managedClusterSets', 'clusters'] as const;

/**
 * Reads a values file of AutoShift, of today (`values/clustersets/*.yaml`, `values/clusters/*.yaml`) or of before (`values.hub.yaml`). Only
 * labels matter here; `config` and the values of the whole deployment do not.
 * Source: https://github.com/auto-shift/autoshiftv2 (autoshift/values, August 2026)
 */
export function readValues(
  name: string,
  content: string,
): readonly Labelled[] | { readonly problems: readonly Finding[] } {
  const yaml = readYamlText(content);
  if ('problems' in yaml) return { problems: yaml.problems.map((one) => ({ ...one, file: name })) };
  const read = v.safeParse(file, yaml.value);
  if (!read.success) {
    return {
      problems: read.issues.map(({ message, path = [] }) => {
        const keys = path.flatMap(({ key }) => (typeof key === 'string' || typeof key === 'number' ? [key] : []));
        return { file: name, line: yaml.lineOf(keys), path: pathText(keys), what: message };
      }),
    };
  }
  const { output } = read;
  return groups.flatMap((key) =>
    Object.entries(output[key] ?? {}).map(([set, one]): Labelled => {
      const path = [key, set];
      const labels = one?.labels ?? {};
      return {
        name: pathText(path),
        isCluster: key === 'clusters',
        file: name,
        line: yaml.lineOf(path),
        labels: new Map(
          Object.entries(labels).map(([label, value]) => {
            const at: YamlPath = [...path, 'labels', label];
            const text = typeof value === 'string' ? value : '';
            const isText = typeof value === 'string' && (yaml.isQuoted(at) || !isOther(text));
            return [label, { text, isText, file: name, line: yaml.lineOf(at), path: pathText(at) }];
          }),
        ),
      };
    }),
  );
}

/** Whether YAML 1.1, which Helm reads, takes an unquoted scalar for something else than a text. */
const isOther = (text: string): boolean =>
  text === '' ||
  /^(?:y|yes|n|no|on|off|true|false|null|~)$/iu.test(text) ||
  /^[-+]?(?:\d[\d_]*(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+|0x[\da-f]+|0o?[0-7]+)$/iu.test(text);
