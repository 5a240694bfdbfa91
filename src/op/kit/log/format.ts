import { inLine, printable } from './printable.js';

/** Columns as wide as their widest cell, two spaces apart. A line break in a cell becomes a space, and what would control a terminal is left out. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map((cell) => inLine(printable(cell))));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** `1 image`, `3 images` */
export const countOf = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

const units = ['B', 'kB', 'MB', 'GB'] as const;

/** `812 B`, `3.4 MB`: thousands, as registries and Kubernetes count. */
export function bytes(count: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(count, 1)) / 3)));
  return `${power === 0 ? count : (count / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Seconds from `start` to `end`, rounded to tenths. */
export const secondsBetween = (start: Date, end: Date): number =>
  Math.round((end.getTime() - start.getTime()) / 100) / 10;
