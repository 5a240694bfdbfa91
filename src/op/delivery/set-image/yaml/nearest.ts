import { oneLine } from '../../../kit/log/printable.js';

/** Names for a message, the most similar first; at most six. */
export function nearest(name: string, known: readonly string[]): string {
  const sorted = known
    .map((one) => ({ one, far: distance(name.toLowerCase().slice(0, 80), one.toLowerCase().slice(0, 80)) }))
    .sort((a, b) => a.far - b.far)
    .map(({ one }) => oneLine(one, 80));
  return sorted.length > 6 ? `${sorted.slice(0, 6).join(', ')}, …` : sorted.join(', ');
}

/** The number of letters to change, add or remove (Levenshtein distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of [...a].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= b.length; column++) {
      const same = letter === b[column - 1] ? 0 : 1;
      next[column] = Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, (row[column - 1] ?? 0) + same);
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
