import { compare, SemVer } from 'semver';
import { Document, isMap, isSeq } from 'yaml';
import type { Operator } from './operators.js';

/** What is wanted of a configuration. */
export interface Wanted {
  readonly operators: readonly Operator[];
  /** Of all clusters, `X.Y.Z`. */
  readonly versions: readonly string[];
  /** Instead of those of the labels: `X.Y` for all of its versions, or `X.Y.Z`. */
  readonly openshiftVersion: string | undefined;
  readonly withOpenshift: boolean;
  readonly withOperators: boolean;
}

interface Channel {
  readonly name: string;
  readonly minVersion?: string;
}
interface Package {
  readonly name: string;
  readonly defaultChannel?: string;
  readonly channels?: readonly Channel[];
}
interface Catalog {
  readonly catalog: string;
  readonly packages: readonly Package[];
}

/** What an operator installs at once, and no subscription of AutoShift names. Without channels, the heads of all are copied. */
const companions: Readonly<Record<string, string>> = {
  'advanced-cluster-management': 'multicluster-engine',
  'odf-operator': 'odf-dependencies',
};

/** Numbers in names by their value: `stable-6.10` is after `stable-6.9`. */
const byName = new Intl.Collator('en', { numeric: true }).compare;
const byVersion = (one: string, other: string) => compare(new SemVer(one), new SemVer(other));

/** The ImageSetConfiguration (v2alpha1) of clusters, in an order that does not depend on that of the files. */
export function generateImageSet(wanted: Wanted): {
  readonly text: string;
  readonly packages: number;
  readonly channels: number;
} {
  const { operators, withOpenshift, withOperators } = wanted;
  const platform = withOpenshift ? releaseChannels(wanted) : [];
  const catalogs = withOperators ? catalogsOf(operators, wanted) : [];
  const document = new Document({
    apiVersion: 'mirror.openshift.io/v2alpha1',
    kind: 'ImageSetConfiguration',
    archiveSize: 4,
    mirror: {
      ...(platform.length === 0 ? {} : { platform: { channels: platform, graph: true } }),
      ...(catalogs.length === 0 ? {} : { operators: catalogs }),
    },
  });
  for (const [index, { packages }] of catalogs.entries()) {
    for (const [place, { name, channels }] of packages.entries()) {
      const needs = Object.entries(companions).find(([, companion]) => companion === name)?.[0];
      const list = document.getIn(['mirror', 'operators', index, 'packages'], true);
      const node = isSeq(list) ? list.items[place] : undefined;
      if (channels === undefined && needs !== undefined && isMap(node)) node.commentBefore = ` ${needs} needs it`;
    }
  }
  return {
    text: document.toString({ lineWidth: 0, singleQuote: true }),
    packages: catalogs.reduce((sum, { packages }) => sum + packages.length, 0),
    channels: platform.length,
  };
}

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

/** A channel for each minor version, from the lowest to the highest version that clusters have. */
function releaseChannels({ versions, openshiftVersion }: Wanted) {
  if (openshiftVersion !== undefined) {
    const [minor, isWhole] = [minorOf(openshiftVersion), openshiftVersion.split('.').length === 3];
    return [
      isWhole
        ? { name: `stable-${minor}`, minVersion: openshiftVersion, maxVersion: openshiftVersion }
        : { name: `stable-${minor}`, minVersion: `${minor}.0` },
    ];
  }
  return minorsOf(versions).map((minor) => {
    const own = versions.filter((version) => minorOf(version) === minor).toSorted(byVersion);
    return { name: `stable-${minor}`, minVersion: own[0], maxVersion: own.at(-1) };
  });
}

const minorsOf = (versions: readonly string[]): readonly string[] =>
  [...new Set(versions.map(minorOf))].toSorted(byName);

/** A catalog for each minor version; an operator whose clusters do not say theirs is in all of them. */
function catalogsOf(operators: readonly Operator[], { versions, openshiftVersion }: Wanted): readonly Catalog[] {
  const all = openshiftVersion === undefined ? minorsOf(versions) : [minorOf(openshiftVersion)];
  const minors = ({ openshift }: Operator) =>
    openshiftVersion !== undefined || openshift === undefined ? all : [minorOf(openshift)];
  return all.flatMap((minor) => {
    const here = operators.filter((one) => minors(one).includes(minor));
    const indexes = [...new Set(here.map(({ index }) => index))].toSorted(byName);
    return indexes.map((index) => ({
      catalog: `registry.redhat.io/redhat/${index}:v${minor}`,
      packages: packagesOf(here.filter((one) => one.index === index)),
    }));
  });
}

function packagesOf(operators: readonly Operator[]): readonly Package[] {
  const names = new Set(operators.map((one) => one.package));
  const added = [...names].flatMap((name) => companions[name] ?? []).filter((name) => !names.has(name));
  return [...names, ...added].toSorted(byName).map((name): Package => {
    const own = operators.filter((one) => one.package === name);
    const channels = [...new Set(own.map(({ channel }) => channel))].toSorted(byName);
    const last = channels.at(-1);
    if (last === undefined) return { name };
    return {
      name,
      // With a filter, the catalog's own default channel may be gone, and it must have one.
      defaultChannel: last,
      channels: channels.map((channel) => {
        const pins = own.flatMap((one) => (one.channel === channel && one.pinned !== undefined ? [one.pinned] : []));
        const [lowest] = pins.toSorted(byVersion);
        return { name: channel, ...(lowest === undefined ? {} : { minVersion: lowest }) };
      }),
    };
  });
}
