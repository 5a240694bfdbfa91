import { bytes as shownBytes } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Outcome, Report, ReportedImage } from './reported.js';

/** What to do about each outcome that is not as it should be. */
const advice: Partial<Record<Outcome, string>> = {
  planned: 'was not copied yet: `op mirror copy`',
  drift:
    'the destination has another image under this tag; find out who wrote it, then remove the tag there, or set `drift`',
  missing: 'the source does not have it (any more); correct the mirror file',
  failed: 'run the same command again: it continues where it stopped',
  unknown: 'a registry did not answer; run the same command again',
  wrong:
    'the destination does not have what was copied; run `op mirror run --deep`, and look who else writes or deletes there',
};

/** A report as a page of Markdown: totals, what is not as it should be and what to do, what changed. */
export function pageOf(report: Report): string {
  const { totals, images, refused, unlisted } = report;
  const wrong = images.filter(({ outcome }) => advice[outcome] !== undefined);
  const changed = images.filter(({ outcome }) => outcome === 'copied' || outcome === 'overwritten');
  const sections = [
    `# Mirror of ${text(report.mirrorFile)}\n\n${verdictOf(report)}`,
    table(
      ['Outcome', 'Images'],
      [
        ...Object.entries(totals)
          .filter(([key, count]) => key !== 'bytes' && count > 0)
          .map(([key, count]) => [key, `${count}`]),
        ['uploaded', shownBytes(totals.bytes)],
      ],
    ),
    section('Nothing was copied', refused.map((why) => `- ${text(why)}`).join('\n')),
    section(
      'Sources that could not be listed',
      table(
        ['Source', 'Why'],
        unlisted.map(({ source, why }) => [text(source), text(why)]),
      ),
    ),
    section('To look at', table(['Outcome', 'Source', 'Destination', 'Why', 'What to do'], wrong.map(rowOfWrong))),
    section(
      'Changed',
      table(['Outcome', 'Source', 'Destination', 'Digest', 'Bytes', 'Verified'], changed.map(rowOfChanged)),
    ),
    `Plan \`${report.planDigest}\` of ${report.plannedAt}; copied ${report.copiedAt ?? 'never'}; verified ${report.verifiedAt ?? 'never'}${report.verifiedDeep ? ', with all manifests and blobs' : ''}.`,
  ];
  return `${sections.filter((part) => part !== '').join('\n\n')}\n`;
}

function verdictOf({ images, unlisted, refused, copiedAt, verifiedAt }: Report): string {
  const failing = images.filter(({ fails }) => fails).length + unlisted.length;
  if (refused.length > 0) return '**Refused**: the plan is larger than the limits.';
  if (failing > 0) return `**Failed**: ${failing} of ${images.length + unlisted.length} are not as they should be.`;
  if (copiedAt === null) return '**Planned**: nothing was copied yet.';
  return verifiedAt === null
    ? '**Copied**, and not verified yet.'
    : `**Clean**: all ${images.length} images are as they should be.`;
}

const rowOfWrong = ({ outcome, source, destination, why }: ReportedImage) => [
  outcome,
  text(source),
  text(destination),
  text(why ?? ''),
  advice[outcome] ?? '',
];

const rowOfChanged = ({ outcome, source, destination, digest, bytes, verified }: ReportedImage) => [
  outcome,
  text(source),
  text(destination),
  `\`${digest ?? ''}\``,
  shownBytes(bytes),
  verified ? 'yes' : 'no',
];

const section = (title: string, body: string) => (body === '' ? '' : `## ${title}\n\n${body}`);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A text from a registry or a file: on one line, and nothing in it is Markdown or HTML. */
const text = (value: string): string =>
  oneLine(value, 500).replaceAll(/[\\`*_{}[\]<>()#+!|~&]/gu, (character) =>
    character === '<' ? '&lt;' : character === '>' ? '&gt;' : character === '&' ? '&amp;' : `\\${character}`,
  );
