import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type ChartMetadata, NotAChart, readMetadata } from './chart-metadata.js';
import { readTar } from './read-tar.js';

/** What an archive of a chart says of the chart. */
export interface Chart extends ChartMetadata {
  /** When its `Chart.yaml` was written, in seconds since 1970. */
  readonly writtenAt: number;
}

/** Bytes of all files of a chart, and of one of them, unpacked. Source: Helm 3, pkg/chart/loader/archive.go. */
const largestChart = 100 * 1024 * 1024;
const largestFile = 5 * 1024 * 1024;

/**
 * Reads an archive of a chart, without writing any of it anywhere. It must be one that Helm takes.
 * @param path of the archive @throws NotAChart
 */
export async function readChart(path: string): Promise<Chart> {
  const packed = createReadStream(path);
  const unpacked = createGunzip();
  pipeline(packed, unpacked, () => undefined);
  try {
    return await chartIn(unpacked);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_') ? new NotAChart(`its archive cannot be unpacked: ${message}`) : error;
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

async function chartIn(unpacked: AsyncIterable<Buffer>): Promise<Chart> {
  const found = new Map<string, { readonly text: string; readonly writtenAt: number }>();
  let size = 0;
  for await (const entry of readTar(limited(unpacked))) {
    const name = placeOf(entry.name);
    size += entry.size;
    if (size > largestChart) throw tooLarge();
    if (entry.size > largestFile) throw new NotAChart(`a file of it has more than ${largestFile} bytes`);
    if (name !== 'Chart.yaml' && name !== 'requirements.yaml') continue;
    if (entry.kind !== 'file') throw new NotAChart(`its ${name} is not a file`);
    // Helm would put them together, and other tools take the first or the last.
    if (found.has(name)) throw new NotAChart(`it has ${name} twice`);
    const text = (await entry.read()).toString('utf8').replace(/^\ufeff/u, '');
    found.set(name, { text, writtenAt: entry.modifiedAt });
  }
  const chart = found.get('Chart.yaml');
  if (chart === undefined) throw new NotAChart('it has no Chart.yaml');
  return { ...readMetadata(chart.text, found.get('requirements.yaml')?.text), writtenAt: chart.writtenAt };
}

const tooLarge = () => new NotAChart(`it has more than ${largestChart} bytes when it is unpacked`);

/** Also the headers: an archive of empty files has no size. */
async function* limited(unpacked: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of unpacked) {
    size += chunk.length;
    if (size > 2 * largestChart) throw tooLarge();
    yield chunk;
  }
}

/** Where a file is below the folder of the chart. @throws NotAChart for what would be outside of it */
function placeOf(name: string): string {
  const [folder = '', ...parts] = name.includes('\\') ? name.split('\\') : name.split('/');
  const path = parts.join('/');
  const clean = posix.normalize(path);
  const isOutside = path.startsWith('/') || clean === '.' || clean.startsWith('..') || /^[a-zA-Z]:\//u.test(clean);
  if (isOutside || folder === 'Chart.yaml') throw new NotAChart('a file of it is outside of the folder of the chart');
  return clean;
}
