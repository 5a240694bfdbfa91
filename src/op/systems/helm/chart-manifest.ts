import type { Descriptor, Manifest } from '../registry/client/content.js';
import { sha256 } from '../registry/client/content.js';
import { jsonMap } from './chart-metadata.js';
import type { Chart } from './read-chart.js';

/** Types of what a chart is in a registry. Source: Helm 3, pkg/registry/constants.go. */
const configType = 'application/vnd.cncf.helm.config.v1+json';
const archiveType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const provenanceType = 'application/vnd.cncf.helm.chart.provenance.v1.prov';

/** A chart as `helm push` makes it. */
export interface PackedChart {
  readonly manifest: Manifest;
  readonly config: Buffer;
  readonly provenance: Buffer | undefined;
}

/**
 * Makes the manifest of a chart, as `helm push` does. It depends on nothing but the archive and its provenance: Helm writes when the file of
 * the archive was written on this machine as `org.opencontainers.image.created`, op when `Chart.yaml` in it was.
 * Source: Helm 3, pkg/registry/client.go (Push) and util.go (generateOCIAnnotations).
 */
export function packChart(chart: Chart, archive: Omit<Descriptor, 'mediaType'>, provenance?: Buffer): PackedChart {
  const config = Buffer.from(chart.json);
  const configBlob = descriptorOf(configType, config);
  const layers = [
    { ...archive, mediaType: archiveType },
    ...(provenance === undefined ? [] : [descriptorOf(provenanceType, provenance)]),
  ].toSorted((one, other) => (one.digest < other.digest ? -1 : 1));
  const parts = [
    '"schemaVersion":2',
    `"config":${written(configBlob)}`,
    `"layers":[${layers.map(written).join(',')}]`,
    `"annotations":${jsonMap(annotationsOf(chart))}`,
  ];
  const bytes = Buffer.from(`{${parts.join(',')}}`);
  const manifest: Manifest = {
    ...descriptorOf('application/vnd.oci.image.manifest.v1+json', bytes),
    bytes,
    children: [],
    blobs: [configBlob, ...layers],
    subject: undefined,
    artifactType: configType,
  };
  return { manifest, config, provenance };
}

/** Whether a manifest has this archive as a chart of Helm, whoever wrote it. @param needsProvenance it must have that, too */
export const hasArchive = ({ artifactType, blobs }: Manifest, digest: string, needsProvenance: boolean): boolean =>
  artifactType === configType &&
  blobs.some((blob) => blob.mediaType === archiveType && blob.digest === digest) &&
  (!needsProvenance || blobs.some(({ mediaType }) => mediaType === provenanceType));

const descriptorOf = (mediaType: string, bytes: Buffer): Descriptor => ({
  mediaType,
  digest: sha256(bytes),
  size: bytes.length,
});

const written = ({ mediaType, digest, size }: Descriptor): string => JSON.stringify({ mediaType, digest, size });

const annotation = (name: string) => `org.opencontainers.image.${name}`;

function annotationsOf(chart: Chart): ReadonlyMap<string, string> {
  const authors = chart.maintainers.map(({ name, email }) => `${name}${email === '' ? '' : ` (${email})`}`).join(', ');
  const own = [
    ['description', chart.description],
    ['title', chart.name],
    ['version', chart.version],
    ['url', chart.home],
    ['created', timeOf(chart.writtenAt)],
    ['source', chart.source],
    ['authors', authors],
  ] as const;
  // Those of the chart may replace all but its name and its version.
  const more = [...chart.annotations].filter(([key]) => key !== annotation('title') && key !== annotation('version'));
  return new Map([
    ...own.filter(([, value]) => value.trim() !== '').map(([name, value]) => [annotation(name), value] as const),
    ...more,
  ]);
}

function timeOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  // Beyond the year 9999 there is no such form.
  return seconds >= 0 && seconds < 253_402_300_800 ? time.toISOString().replace(/\.\d+/u, '') : '1970-01-01T00:00:00Z';
}
