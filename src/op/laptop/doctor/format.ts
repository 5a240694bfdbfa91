import { table } from '../../kit/log/table.js';
import type { Finding } from './finding.js';

/** The findings as text: one block for each area, and under what is missing, what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  const areas = [...new Set(findings.map(({ area }) => area))];
  return areas.map((area) => `${area}\n${rows(findings.filter((finding) => finding.area === area))}\n`).join('');
}

function rows(findings: readonly Finding[]): string {
  const lines = table(
    findings.map(({ state, name, detail }) => [`  ${state.padEnd('missing'.length)}`, name, detail]),
  ).split('\n');
  return lines
    .map((line, index) => {
      const { hint, state } = findings[index] ?? {};
      return hint === undefined || state === 'ok' ? line : `${line}\n           do: ${hint}`;
    })
    .join('\n');
}
