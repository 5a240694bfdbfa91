import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Comparison, Measurement } from './measure.js';

const folder = fileURLToPath(new URL('./', import.meta.url));

/** The content of `bench/results/<name>.json`. */
interface Kept {
  readonly name: string;
  readonly title: string;
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly comparisons: readonly Comparison[];
}

/** Saves the result of one benchmark with the command that produced it. */
export function keep({ name, title }: Benchmark, comparisons: readonly Comparison[], date: Date): void {
  const record: Kept = {
    name,
    title,
    command: `npm run bench -- ${name}`,
    date: date.toISOString().slice(0, 10),
    machine: `${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GB memory, Node ${process.versions.node}`,
    comparisons,
  };
  mkdirSync(`${folder}results`, { recursive: true });
  writeFileSync(`${folder}results/${name}.json`, `${JSON.stringify(record, rounded, 2)}\n`);
}

const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);

/** Writes `bench/RESULTS.md` from every saved result. */
export function summarize(): void {
  const records = readdirSync(`${folder}results`)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(`${folder}results/${file}`, 'utf8')) as Kept);
  const sections = records.map(
    (record) =>
      `## ${record.title}\n\n\`${record.command}\` on ${record.date}; ${record.machine}\n\n${table(record.comparisons)}\n`,
  );
  const head =
    '# Benchmarks\n\nWritten by `npm run bench`: do not edit. Each line is measured beside its peer in the same run, in turns; median (min to max).\n';
  writeFileSync(`${folder}RESULTS.md`, [head, ...sections].join('\n'));
}

function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(
    ({ what, ours, peer, promise, found, ok }) =>
      `| ${[what, cell(ours), cell(peer), promise, `${found}: ${ok ? 'ok' : '**over**'}`].join(' | ')} |`,
  );
  return ['| What | Ours | Peer | Promise | Found |', '|---|---|---|---|---|', ...rows].join('\n');
}

const cell = ({ label, median, min, max, runs }: Measurement) =>
  `${label}: ${time(median)} (${time(min)} to ${time(max)}, ${runs} runs)`;

/** One line of a benchmark, for a terminal. */
export const line = ({ what, ours, peer, promise, found, ok }: Comparison): string =>
  [
    `${ok ? 'ok  ' : 'OVER'} ${what}: ${found} (${promise})`,
    `       ours ${cell(ours)}`,
    `       peer ${cell(peer)}`,
  ].join('\n');

const time = (milliseconds: number): string => {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds >= 10 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(2)} ms`;
};
