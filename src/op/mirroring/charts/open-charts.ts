import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import * as v from 'valibot';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { hasArchive, type PackedChart, packChart } from '../../systems/helm/chart-manifest.js';
import { NotAChart } from '../../systems/helm/chart-metadata.js';
import { type HelmFiles, shown, WrongChart } from '../../systems/helm/open-repositories.js';
import { readChart } from '../../systems/helm/read-chart.js';
import { type ChartIndex, type IndexedChart, readIndex } from '../../systems/helm/read-index.js';
import { checking, type Descriptor, digestForm, sha256 } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import { versionOfTag } from '../mirror-file/chart-name.js';
import type { ChartChoice } from '../mirror-file/read.js';
import type { Files } from '../plan/files.js';
import type { ChartItem } from '../plan/plan.js';
import type { Origin } from '../registries/origin.js';
import type { ListedVersion, NamedChart } from '../resolve/list-images.js';

/** Charts of HTTP Helm repositories. */
export interface Charts extends AsyncDisposable {
  /** @throws RegistryFailure when its index cannot be read */
  readonly versions: (choice: NamedChart, signal: AbortSignal) => Promise<readonly ListedVersion[]>;
  /** The names of all charts of a repository, which may be any text. @throws RegistryFailure when its index cannot be read */
  readonly names: (choice: ChartChoice, signal: AbortSignal) => Promise<readonly string[]>;
  /** Where one chart comes from. */
  readonly origin: (image: Reference, chart: ChartItem) => Origin;
}

/** Bytes of the largest index, archive and provenance file. */
const largestIndex = 32 * 1024 * 1024;
const largestArchive = 100 * 1024 * 1024;
const largestProvenance = 1024 * 1024;
/** Charts of a repository, when all of them are mirrored: each that cannot be is named. */
const mostCharts = 10_000;

const knownShape = v.record(v.string(), v.pipe(v.string(), v.regex(digestForm)));

/**
 * Opens the charts of a run. A chart is downloaded once, and only if its digest is neither known from an earlier run nor can be told from the
 * destination.
 */
export function openCharts(files: HelmFiles, { charts: directory, chartDigests, chartIndexes }: Files): Charts {
  const indexes = new Map<string, Promise<ChartIndex>>();
  const loaded = new Map<string, Promise<PackedChart>>();
  /** Digests of manifests, by what they follow from. */
  let earlier: Promise<ReadonlyMap<string, string>> | undefined;
  const asked = new Map<string, string>();
  const known = async (): Promise<ReadonlyMap<string, string>> => {
    earlier ??= readFile(chartDigests, 'utf8')
      .catch(() => '{}')
      .then((text) => new Map(Object.entries(parseJson(knownShape, text) ?? {})));
    return earlier;
  };
  const indexOf = (repository: string, signal: AbortSignal): Promise<ChartIndex> => {
    const index = indexes.get(repository) ?? fetchIndex(files, repository, chartIndexes, signal);
    indexes.set(repository, index);
    return index;
  };
  const pathOf = ({ archive }: ChartItem) => join(directory, `${archive.slice('sha256:'.length)}.tgz`);
  const load = (image: Reference, chart: ChartItem, signal: AbortSignal): Promise<PackedChart> => {
    const key = `${chart.archive} ${formatReference(image)}`;
    const packed = loaded.get(key) ?? fetchChart(files, image, chart, pathOf(chart), signal);
    loaded.set(key, packed);
    packed.catch(() => loaded.delete(key));
    return packed;
  };
  return {
    versions: async ({ repository, name, provenance }, signal) => {
      const found = (await indexOf(repository, signal)).versions(name);
      const what = `cannot list the chart ${name} of ${shown(new URL(repository))}`;
      const { host } = new URL(repository);
      if (found === undefined) throw new RegistryFailure(what, 'its index.yaml has no such chart', 'other', host);
      if ('problem' in found) throw new RegistryFailure(what, `its index.yaml: ${found.problem}`, 'other', host);
      return [...new Set(found.map(({ version }) => version))].map((version) => {
        const same = found.filter((one) => one.version === version);
        return { version, chart: chartOf(repository, same, provenance) };
      });
    },
    names: async ({ repository }, signal) => {
      const { names } = await indexOf(repository, signal);
      if (names.length <= mostCharts) return names;
      const what = `cannot list the charts of ${shown(new URL(repository))}`;
      const why = `its index.yaml has ${names.length}, and the limit is ${mostCharts}: name those that are wanted`;
      throw new RegistryFailure(what, why, 'other', new URL(repository).host);
    },
    origin: (image, chart) => ({
      name: formatReference(image),
      repository: undefined,
      find: async (signal, there) => {
        const needsProvenance = chart.provenance === 'required';
        const key = `${chart.archive}${needsProvenance ? ' with provenance' : ''}`;
        const digest = (await known()).get(key);
        if (digest !== undefined) asked.set(key, digest);
        const found = await there?.digest;
        if (found !== undefined && found !== digest) {
          // Also what `helm push` has written there: the archive is the same.
          const manifest = await there?.manifest(found);
          if (manifest !== undefined && hasArchive(manifest, chart.archive, needsProvenance)) return found;
        }
        if (digest !== undefined) return digest;
        const { manifest } = await load(image, chart, signal);
        asked.set(key, manifest.digest);
        return manifest.digest;
      },
      manifest: async (digest, signal) => {
        const { manifest } = await load(image, chart, signal);
        if (manifest.digest === digest) return manifest;
        const why = `it is ${manifest.digest} now, and was ${digest}: its provenance file has changed; make a new plan`;
        throw new RegistryFailure(`cannot copy ${formatReference(image)}`, why, 'other', new URL(chart.url).host);
      },
      blob: async (blob, signal) => {
        if (blob.digest === chart.archive) {
          await load(image, chart, signal);
          return { home: undefined, read: async () => checked(createReadStream(pathOf(chart)), blob) };
        }
        const { config, provenance = config, manifest } = await load(image, chart, signal);
        const isConfig = manifest.blobs[0]?.digest === blob.digest;
        return { home: undefined, read: async () => checked(Readable.from([isConfig ? config : provenance]), blob) };
      },
    }),
    [Symbol.asyncDispose]: async () => {
      await files[Symbol.asyncDispose]();
      if (indexes.size > 0) await keepOnly(chartIndexes, [...indexes.keys()]);
      const before = await earlier;
      const isSame = before?.size === asked.size && [...asked.keys()].every((key) => before.has(key));
      // What is lost is found again.
      if (asked.size > 0 && !isSame) {
        await writeAtomic(chartDigests, `${JSON.stringify(Object.fromEntries(asked), undefined, 1)}\n`).catch(
          () => undefined,
        );
      }
    },
  };
}

/** @param folder where the index of the run before is, if its server said by what to ask for a newer one */
async function fetchIndex(files: HelmFiles, text: string, folder: string, signal: AbortSignal): Promise<ChartIndex> {
  const repository = new URL(text);
  const url = fileAt(repository, 'index.yaml');
  const file = join(folder, indexFile(text));
  const kept = await readKept(file);
  const found = await files.readNewer({ repository, url, limit: largestIndex, signal }, kept?.etag);
  const what = `cannot read ${shown(url)}`;
  if (found === undefined) throw new RegistryFailure(what, 'it is not there', 'other', url.host);
  const content = found === 'unchanged' ? (kept?.content ?? '') : found.content.toString('utf8');
  const index = readIndex(content);
  if ('problem' in index) throw new RegistryFailure(what, index.problem, 'other', url.host);
  // Without it, the next run reads the index again.
  if (found !== 'unchanged') await keepIndex(file, { content, etag: found.etag }).catch(() => undefined);
  return index;
}

/** The URL may hold a secret. */
const indexFile = (repository: string) => `${createHash('sha256').update(repository).digest('hex')}.yaml`;

/** An index as it was read, and what names this state of it. */
interface KeptIndex {
  readonly content: string;
  readonly etag: string;
}

const etagForm = /^(?:W\/)?"[\x21\x23-\x7e]{0,1000}"$/u;
const keptHead = v.strictObject({ etag: v.pipe(v.string(), v.regex(etagForm)), digest: v.string() });
const digestOf = (content: string) => sha256(Buffer.from(content));

/** A line of JSON, and then the index. What is damaged is as good as nothing. */
async function readKept(file: string): Promise<KeptIndex | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const end = text.indexOf('\n');
  const head = parseJson(keptHead, text.slice(0, Math.max(0, end)));
  const content = text.slice(end + 1);
  return head === undefined || digestOf(content) !== head.digest ? undefined : { content, etag: head.etag };
}

async function keepIndex(
  file: string,
  { content, etag }: Omit<KeptIndex, 'etag'> & { readonly etag?: string | undefined },
) {
  if (etag === undefined || !etagForm.test(etag)) return rm(file, { force: true });
  return writeAtomic(file, `${JSON.stringify({ etag, digest: digestOf(content) })}\n${content}`, 0o600);
}

/** Removes indexes of repositories that are not mirrored any more. */
async function keepOnly(folder: string, repositories: readonly string[]): Promise<void> {
  const kept = new Set(repositories.map(indexFile));
  const found = await readdir(folder).catch(() => []);
  const others = found.filter((name) => !kept.has(name));
  await Promise.all(others.map((name) => rm(join(folder, name), { force: true })));
}

/** A file below a repository. A query stays, as with Helm: some repositories want a token in it. */
function fileAt(repository: URL, name: string): URL {
  const base = new URL(repository);
  base.pathname = `${base.pathname.replace(/\/+$/u, '')}/`;
  const url = new URL(name, base);
  if (url.origin === base.origin) url.search = url.search || base.search;
  return url;
}

function chartOf(
  repository: string,
  same: readonly IndexedChart[],
  provenance: ChartChoice['provenance'],
): Required<ListedVersion>['chart'] {
  const problem = (why: string) => ({ problem: `index.yaml of ${shown(new URL(repository))} ${why}` });
  const [{ url, digest, version } = { url: undefined, digest: undefined, version: '' }] = same;
  if (new Set(same.map((one) => one.digest)).size > 1) return problem(`has ${version} twice, with different digests`);
  if (digest === undefined) return problem(`has no SHA-256 for ${version}, so that nothing could check what it sends`);
  if (url === undefined) return problem(`does not say where the archive of ${version} is`);
  if (/^oci:/iu.test(url)) {
    const image = url.replace(/^oci:\/\//iu, '').replace(/:[^/]*$/u, '');
    return problem(`has ${version} in a registry: mirror it from there, with from: ${image}`);
  }
  const base = new URL(repository);
  const whole = URL.canParse(url, base.href) ? fileAt(base, url) : undefined;
  if (whole === undefined || !/^https?:$/u.test(whole.protocol))
    return problem(`gives no http or https URL for ${version}`);
  if (whole.username !== '' || whole.password !== '') return problem(`gives a URL with a user for ${version}`);
  return { repository, url: whole.href, archive: digest, ...(provenance === 'required' ? { provenance } : {}) };
}

async function fetchChart(
  files: HelmFiles,
  image: Reference,
  chart: ChartItem,
  path: string,
  signal: AbortSignal,
): Promise<PackedChart> {
  const [repository, url] = [new URL(chart.repository), new URL(chart.url)];
  const what = `cannot mirror the chart ${formatReference(image)}`;
  const failure = (why: string) => new WrongChart(what, why, 'other', url.host);
  const parts = { repository, url, limit: largestArchive, signal };
  const size = (await sizeOf(path, chart.archive)) ?? (await files.download(parts, chart.archive, path));
  if (size === undefined) throw failure(`${shown(url)} is not there`);
  const read = await readChart(path).catch((error: unknown) => {
    throw error instanceof NotAChart ? failure(error.message) : error;
  });
  const name = image.path.slice(image.path.lastIndexOf('/') + 1);
  const version = versionOfTag(image.tag ?? '');
  if (read.name !== name || read.version !== version) {
    throw failure(
      `its Chart.yaml is that of ${read.name} ${read.version}, and index.yaml has it as ${name} ${version}`,
    );
  }
  const provenance = await fetchProvenance(files, chart, signal);
  if (provenance === undefined && chart.provenance === 'required') {
    throw failure(`${shown(url)}.prov is not there, or is not about this archive, and provenance is required`);
  }
  return packChart(read, { digest: chart.archive, size }, provenance);
}

/** Bytes of an archive that an earlier step has left; undefined if there is none, or it is damaged. */
async function sizeOf(path: string, digest: string): Promise<number | undefined> {
  try {
    const { size } = await stat(path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    if (`sha256:${hash.digest('hex')}` === digest) return size;
    await rm(path);
  } catch {
    // It is downloaded.
  }
  return undefined;
}

/** The provenance file that is beside an archive. What is about another archive is none, nor is a page that says that there is none. */
async function fetchProvenance(files: HelmFiles, chart: ChartItem, signal: AbortSignal): Promise<Buffer | undefined> {
  const url = new URL(chart.url);
  url.pathname += '.prov';
  const parts = { repository: new URL(chart.repository), url, limit: largestProvenance, signal };
  const content = await files.read(parts).catch((error: unknown) => {
    // Servers that let nobody list a folder say so of what is not there.
    if (error instanceof RegistryFailure && error.status === 403) return undefined;
    throw error;
  });
  const text = content?.toString('utf8') ?? '';
  const isAbout = text.includes('-----BEGIN PGP SIGNED MESSAGE-----') && text.includes(chart.archive);
  return isAbout ? content : undefined;
}

/** A file may be changed after it was checked. */
function checked(source: Readable, blob: Descriptor): Readable {
  const content = checking(blob);
  // The stream carries the error.
  pipeline(source, content, () => undefined);
  return content;
}
