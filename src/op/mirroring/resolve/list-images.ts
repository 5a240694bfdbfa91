import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { listTags } from '../../systems/registry/client/list-tags.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import { pathOf } from '../../systems/registry/client/repository.js';
import { formatReference, parseReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import { folderOf, nameOfChart, tagOfVersion, versionOfTag } from '../mirror-file/chart-name.js';
import { fillDestination } from '../mirror-file/destination.js';
import { chartProblem } from '../mirror-file/helm-charts.js';
import type { ChartChoice, MirrorSource } from '../mirror-file/read.js';
import type { ChartItem, Plan } from '../plan/plan.js';
import { needsList, selectTags } from './select-tags.js';

/** An image that a source selects, and where it goes. */
export interface Wanted {
  readonly from: Reference;
  readonly to: Reference;
  readonly source: MirrorSource;
  /** For a chart, where it comes from, or why it cannot be mirrored; absent if it comes from a disk. */
  readonly chart?: ListedVersion['chart'];
  /** Digest of a chart's archive that the mirror file names. */
  readonly archive?: string;
}

/** A source whose charts, if it has any, have a name. */
export type NamedSource = MirrorSource & { readonly chart: NamedChart | undefined };
/** One chart. */
export type NamedChart = ChartChoice & { readonly name: string };

/** A version of a chart that a repository, or a disk, has. */
export interface ListedVersion {
  readonly version: string;
  /** Where it comes from, or why it cannot be mirrored; absent if it comes from a disk. */
  readonly chart?: ChartItem | { readonly problem: string };
}

/** Why an image is missing. */
export const notThere = 'the source does not have it';

/** Lists what there is to choose from. */
export interface Lister {
  /** The tags of a repository. @throws RegistryFailure */
  readonly tags: (repository: Reference, signal: AbortSignal) => Promise<readonly string[]>;
  /** The versions of a chart, which is called like a repository. @throws RegistryFailure */
  readonly versions: (
    repository: Reference,
    chart: NamedChart,
    signal: AbortSignal,
  ) => Promise<readonly ListedVersion[]>;
  /** The names of all charts of a repository. @param folder what its charts are called, without their names @throws RegistryFailure */
  readonly charts: (folder: string, chart: ChartChoice, signal: AbortSignal) => Promise<readonly string[]>;
}

/** Tags are listed by their registries, charts by their repositories. */
export const listerOf = (
  registries: Registries,
  charts: {
    readonly versions: (chart: NamedChart, signal: AbortSignal) => Promise<readonly ListedVersion[]>;
    readonly names: (chart: ChartChoice, signal: AbortSignal) => Promise<readonly string[]>;
  },
): Lister => ({
  tags: async (repository, signal) => listTags(await registries.repository(repository), signal),
  versions: (_, chart, signal) => charts.versions(chart, signal),
  charts: (_, chart, signal) => charts.names(chart, signal),
});

/** The source itself; of all charts of a repository, a source for each, or why one has none. @throws RegistryFailure */
export async function namedSources(
  list: Lister,
  source: MirrorSource,
  signal: AbortSignal,
): Promise<readonly (NamedSource | Plan['unlisted'][number])[]> {
  const { chart, from } = source;
  if (chart === undefined) return [{ ...source, chart }];
  if (chart.name !== undefined) return [{ ...source, chart: { ...chart, name: chart.name } }];
  const folder = folderOf(from);
  const names = await list.charts(folder, chart, signal);
  return [...new Set(names)].toSorted().map((name) => {
    const canBeNamed = chartProblem(name) === undefined && typeof nameOfChart(chart.repository, name) === 'string';
    return canBeNamed
      ? { ...source, from: `${folder}/${name}`, chart: { ...chart, name } }
      : { source: `${folder}/${oneLine(name, 100)}`, why: 'registries take no chart of this name' };
  });
}

/** The images of a source. @throws RegistryFailure when its tags cannot be listed */
export async function imagesOf(list: Lister, source: NamedSource, signal: AbortSignal): Promise<readonly Wanted[]> {
  const named = parseReference(source.from);
  if ('problem' in named) throw new Error(`the mirror file was not checked: ${named.problem}`);
  const base: Reference = { ...named, registry: registryOf(named), path: pathOf(named) };
  const chosen =
    source.chart === undefined
      ? (await selected(list, base, source, signal)).map((from) => ({ from }))
      : await selectedVersions(list, base, source, source.chart, signal);
  return chosen.map((one) => {
    const to = fillDestination(source.to, one.from);
    if ('problem' in to) throw badDestination(source, one.from, to.problem);
    return { ...one, to, source };
  });
}

async function selectedVersions(
  list: Lister,
  base: Reference,
  { tags = {} }: MirrorSource,
  choice: NamedChart,
  signal: AbortSignal,
): Promise<readonly Pick<Wanted, 'from' | 'chart' | 'archive'>[]> {
  const listed = new Map((await list.versions(base, choice, signal)).map((one) => [one.version, one]));
  const chosen = needsList(tags) ? selectTags([...listed.keys()], tags) : [];
  const exact = (tags.exact ?? []).map((text) => {
    const [version = '', archive] = text.split('@');
    // In `exact`, a version may be written as its tag.
    return [listed.has(version) ? version : versionOfTag(version), archive] as const;
  });
  const wanted = new Map([...chosen.map((version) => [version, undefined] as const), ...exact]);
  return [...wanted].map(([version, archive]) => {
    const { chart } = listed.get(version) ?? { chart: { problem: notThere } };
    const from = { ...base, tag: tagOfVersion(version) };
    const pinned = archive === undefined ? {} : { archive };
    return chart === undefined ? { from, ...pinned } : { from, chart: asPinned(chart, archive), ...pinned };
  });
}

/** @param archive undefined: whichever the index has */
function asPinned(chart: Required<ListedVersion>['chart'], archive: string | undefined): typeof chart {
  if (archive === undefined || 'problem' in chart || chart.archive === archive) return chart;
  return { problem: `index.yaml of its repository has ${chart.archive} for it, and the mirror file ${archive}` };
}

async function selected(
  list: Lister,
  base: Reference,
  { tags, digests, referrers }: MirrorSource,
  signal: AbortSignal,
): Promise<readonly Reference[]> {
  if (base.tag !== undefined || base.digest !== undefined) return [base];
  const byTag = new Map<string, Reference>();
  if (tags !== undefined && needsList(tags)) {
    const listed = await list.tags(base, signal);
    // They go with their images, and lists of referrers at the destination have more entries.
    const images =
      referrers === undefined ? listed : listed.filter((tag) => !/^sha256-[0-9a-f]{64}(?:\.\w+)?$/u.test(tag));
    for (const tag of selectTags(images, tags)) byTag.set(tag, { ...base, tag });
  }
  for (const exact of tags?.exact ?? []) {
    const [tag = '', digest] = exact.split('@');
    byTag.set(tag, { ...base, tag, ...(digest === undefined ? {} : { digest }) });
  }
  return [...byTag.values(), ...new Set(digests)].map((one) =>
    typeof one === 'string' ? { ...base, digest: one } : one,
  );
}

/**
 * Images that are selected twice for the same place are one; two images for one place are a mistake.
 * @throws OpError (input)
 */
export function distinctImages(all: readonly Wanted[]): readonly Wanted[] {
  const byPlace = new Map<string, Wanted>();
  for (const one of all) {
    const place = formatReference(one.to);
    const other = byPlace.get(place);
    if (other === undefined) byPlace.set(place, one);
    else if (formatReference(other.from) !== formatReference(one.from)) throw collision(place, other, one);
  }
  return [...byPlace.values()];
}

const collision = (place: string, one: Wanted, other: Wanted) =>
  inputError({
    what: `two images would be ${oneLine(place, 300)}`,
    why: `${one.source.at} puts ${formatReference(one.from)} there, and ${other.source.at} ${formatReference(other.from)}`,
    hint: 'give one of them another destination (to), or leave it out (exclude)',
  });

const badDestination = ({ at, to }: MirrorSource, from: Reference, problem: string) =>
  inputError({
    what: `${formatReference(from)} has no valid destination`,
    why: `${at}.to is ${to}; filled in, ${problem}`,
    hint: 'change the template, or leave the tag out (exclude)',
  });
