import { valid } from 'semver';
import type { Finding, Label, Labelled } from './values.js';

/** An operator that clusters have. */
export interface Operator {
  /** Its name in the catalog. */
  readonly package: string;
  readonly channel: string;
  /** Its catalog, such as `redhat-operator-index`. */
  readonly index: string;
  /** The version that its clusters stay at, and what OLM calls it; undefined for the newest of the channel. */
  readonly pinned: string | undefined;
  /** The OpenShift version of its clusters, if labels say it: `4.20.12`. */
  readonly openshift: string | undefined;
}

/** What labels say: operators, OpenShift versions, and what is wrong with them. */
export interface Found {
  readonly operators: readonly Operator[];
  /** Such as `4.20.12`. */
  readonly versions: readonly string[];
  readonly problems: readonly Finding[];
}

/** The catalogs of OpenShift by the names that subscriptions give them. */
const indexes: Readonly<Record<string, string>> = {
  'redhat-operators': 'redhat-operator-index',
  'certified-operators': 'certified-operator-index',
  'community-operators': 'community-operator-index',
  'redhat-marketplace': 'redhat-marketplace-index',
};

/** AutoShift installs it on each hub, whether or not a label says so, and knows its package. */
const always = 'acm';
const itsPackage = 'advanced-cluster-management';
const parts = ['subscription-name', 'channel', 'source', 'source-namespace'] as const;

/** Reads what cluster sets have, and clusters that differ from them. */
export function findOperators(all: readonly Labelled[]): Found {
  const sets = all.filter(({ isCluster }) => !isCluster);
  const found = all.map((one) => (one.isCluster ? ofCluster(one, sets) : ofLabels(one.labels, candidates(one.labels))));
  const versions = all.map(({ labels }) => versionOf(labels));
  return {
    operators: found.flatMap(({ operators }) => operators),
    versions: versions.flatMap(({ version }) => (version === undefined ? [] : [version])),
    problems: distinct([
      ...found.flatMap(({ problems }) => problems),
      ...versions.flatMap(({ problem }) => problem ?? []),
    ]),
  };
}

type Labels = ReadonlyMap<string, Label>;

/** A cluster has what its set has, but for its own labels. Which set that is no label says: whatever any of them gives is copied. */
function ofCluster({ labels }: Labelled, sets: readonly Labelled[]): Omit<Found, 'versions'> {
  const touched = [...labels.keys()].flatMap((name) => nameOf(name));
  const names = [...new Set(touched)];
  const bases: readonly Labels[] = sets.length === 0 ? [new Map<string, Label>()] : sets.map((set) => set.labels);
  const perName = names.map((name) => {
    const tried = bases.map((base) => {
      const effective = new Map([...base, ...labels]);
      return ofLabels(
        effective,
        candidates(effective).filter((one) => one === name),
      );
    });
    const complete = tried.filter(({ operators }) => operators.length > 0);
    return complete.length > 0 ? { operators: complete.flatMap(({ operators }) => operators), problems: [] } : tried[0];
  });
  return {
    operators: perName.flatMap((one) => one?.operators ?? []),
    problems: perName.flatMap((one) => one?.problems ?? []),
  };
}

/** The operators that a label may belong to: `gitops-source` to `gitops`, and `gitops` to itself. */
const nameOf = (label: string): readonly string[] => [
  label,
  ...[...parts, 'version'].flatMap((part) => (label.endsWith(`-${part}`) ? [label.slice(0, -part.length - 1)] : [])),
];

const textOf = (labels: Labels, name: string): string => {
  const text = labels.get(name)?.text.trim() ?? '';
  return text === '' && name === `${always}-subscription-name` ? itsPackage : text;
};
const isOn = (labels: Labels, name: string): boolean => textOf(labels, name).toLowerCase() === 'true';

/** Labels that are on and have a subscription, a channel or a catalog: others only switch something on. */
function candidates(labels: Labels): readonly string[] {
  const switched = [...labels.keys()].filter((name) => isOn(labels, name));
  const described = (name: string) =>
    (['subscription-name', 'channel', 'source'] as const).some((part) => textOf(labels, `${name}-${part}`) !== '');
  const installed = textOf(labels, `${always}-channel`) === '' ? [] : [always];
  return [...new Set([...installed, ...switched])].filter(described);
}

function ofLabels(labels: Labels, names: readonly string[]): Omit<Found, 'versions'> {
  const operators: Operator[] = [];
  const problems: Finding[] = [];
  for (const name of names) {
    const own = parts.map((part) => labels.get(`${name}-${part}`));
    const place = labels.get(name) ?? own.find((label) => label !== undefined);
    if (place === undefined) continue;
    const missing = parts.filter((part) => textOf(labels, `${name}-${part}`) === '');
    const index = indexes[textOf(labels, `${name}-source`)];
    const notText = [labels.get(name), ...own].filter(
      (label) => label !== undefined && label.text !== '' && !label.isText,
    );
    problems.push(
      ...notText.flatMap((label) =>
        label === undefined ? [] : [at(label, `must be a text: write '${label.text}' in quotes`)],
      ),
    );
    if (missing.length > 0) {
      const lacking = missing.map((part) => `${name}-${part}`).join(' and ');
      problems.push(at(place, `has no ${lacking} beside it: the operator is left out`));
      continue;
    }
    if (index === undefined) {
      const source = labels.get(`${name}-source`) ?? place;
      problems.push(
        at(source, `is ${source.text}, which is none of ${Object.keys(indexes).join(', ')}: the operator is left out`),
      );
      continue;
    }
    const pin = labels.get(`${name}-version`);
    const pinned = pin === undefined ? undefined : versionIn(pin.text);
    if (pin !== undefined && pin.text !== '' && pinned === undefined) {
      problems.push(at(pin, `has no version, such as operator.v1.2.3: the newest of the channel is copied`));
    }
    operators.push({
      package: textOf(labels, `${name}-subscription-name`),
      channel: textOf(labels, `${name}-channel`),
      index,
      pinned,
      openshift: versionOf(labels).version,
    });
  }
  return { operators, problems };
}

/** `openshift-gitops-operator.v1.21.3` is 1.21.3. */
const versionIn = (csv: string): string | undefined =>
  valid(/\.v?(\d+\.\d+\.\d+(?:[-+].*)?)$/u.exec(csv)?.[1]) ?? undefined;

function versionOf(labels: Labels): { readonly version?: string; readonly problem?: Finding } {
  const label = labels.get('openshift-version');
  if (label === undefined || label.text === '') return {};
  if (/^\d{1,3}\.\d{1,4}\.\d{1,4}$/u.test(label.text)) return { version: label.text };
  return { problem: at(label, `is ${label.text}, and must be X.Y.Z: it does not count`) };
}

const at = ({ file, line, path }: Label, what: string): Finding => ({ file, line, path, what });

const distinct = (all: readonly Finding[]): readonly Finding[] => [
  ...new Map(all.map((one) => [`${one.file}:${one.line}:${one.path} ${one.what}`, one])).values(),
];
