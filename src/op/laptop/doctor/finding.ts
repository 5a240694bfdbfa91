import { table } from '../../kit/log/format.js';

/** One thing that doctor checked. */
export interface Finding {
  readonly area: 'tools' | 'configuration' | 'registries' | 'cluster' | 'builders' | 'docker';
  readonly name: string;
  /** `missing` fails the command; `note` is worth knowing, but not required. */
  readonly state: 'ok' | 'missing' | 'note';
  /** For a person; never contains a secret. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** The findings as text: a block for each area, with what to do below each problem. */
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
