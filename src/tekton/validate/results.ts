import type { Report } from '../problem.js';
import type { Owner } from '../reference.js';
import { referencesIn, textsIn } from '../references.js';
import type { Results } from '../result.js';

/** Checks that something writes each declared result: Tekton fails whatever reads one that is not there. */
export function checkWritten(
  results: Results,
  owner: Owner,
  by: unknown,
  given: readonly string[],
  report: Report,
): void {
  const written = new Set(
    referencesIn(by).flatMap((reference) =>
      reference.owner === owner && reference.origin === 'result path' ? [reference.name] : [],
    ),
  );
  const texts = textsIn(by).join('\n');
  for (const name of Object.keys(results)) {
    if (written.has(name) || given.includes(name) || texts.includes(`/results/${name}`)) continue;
    report(`results.${name}`, 'is declared, but nothing writes it', `write it to results.${name}.path, or remove it`);
  }
}
