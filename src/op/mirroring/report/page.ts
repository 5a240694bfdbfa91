import { bytes as shownBytes } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { type ChangeKind, changeKinds } from '../history/changes.js';
import type { LeftReferrer } from '../plan/referrers.js';
import type { Report, ReportedImage } from './reported.js';
import { advice, changeWords, countsOf, minuteOf, noEarlierRun, shortDigest, verdictOf } from './verdict.js';

/**
 * A report as a page of Markdown: what is different from the run before, totals, what is not as it should be and what to do, what was
 * copied.
 */
export function pageOf(report: Report): string {
  const { totals, images, refused, unlisted } = report;
  const verdict = verdictOf(report);
  const wrong = images.filter(({ outcome }) => advice[outcome] !== undefined);
  const copied = images.filter(({ outcome }) => ['copied', 'overwritten', 'attached'].includes(outcome));
  const sections = [
    `# Mirror ${text(report.name)}\n\n**${verdict.word}**${verdict.word === 'Copied' ? ',' : ':'} ${verdict.rest}`,
    changesOf(report),
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
      'Copied',
      table(['Outcome', 'Source', 'Destination', 'Digest', 'Bytes', 'Verified'], copied.map(rowOfCopied)),
    ),
    section(
      'Referrers that were not copied',
      table(
        ['Source', 'Kind', 'Digest', 'Why'],
        images.flatMap(({ source, left }) => left.map((one) => rowOfLeft(source, one))),
      ),
    ),
    `Plan \`${report.planDigest}\` from ${text(report.mirrorFile)} at ${report.plannedAt}; copied ${report.copiedAt ?? 'never'}; verified ${report.verifiedAt ?? 'never'}${report.verifiedDeep ? ', with all manifests and blobs' : ''}.`,
  ];
  return `${sections.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Changes of one kind that are shown; all of them are in `report.json`. */
const shownChanges = 200;

function changesOf({ changes, copiedAt }: Report): string {
  if (changes === null) return copiedAt === null ? '' : noEarlierRun;
  const title = `Since the run of ${minuteOf(changes.since.verifiedAt)}`;
  const rows = changeKinds.flatMap((kind) => {
    const all = changes[kind];
    const shown = all
      .slice(0, shownChanges)
      .map(({ destination, from, to }) => rowOfChange(kind, destination, from, to));
    const more = all.length - shown.length;
    return more > 0 ? [...shown, [changeWords[kind], `${more} more: see report.json`, '', '']] : shown;
  });
  if (rows.length === 0) return section(title, 'Nothing changed.');
  return section(title, `${countsOf(changes)}.\n\n${table(['What', 'Destination', 'Before', 'Now'], rows)}`);
}

const rowOfChange = (kind: ChangeKind, destination: string, from: string | null, to: string | null) => [
  changeWords[kind],
  text(destination),
  from === null ? '' : `\`${shortDigest(from)}\``,
  to === null ? '' : `\`${shortDigest(to)}\``,
];

const rowOfWrong = ({ outcome, source, destination, why }: ReportedImage) => [
  outcome,
  text(source),
  text(destination),
  text(why ?? ''),
  advice[outcome] ?? '',
];

const rowOfCopied = ({ outcome, source, destination, digest, bytes, verified }: ReportedImage) => [
  outcome,
  text(source),
  text(destination),
  `\`${digest ?? ''}\``,
  shownBytes(bytes),
  verified ? 'yes' : 'no',
];

const rowOfLeft = (source: string, { kind, digest, why }: LeftReferrer) => [
  text(source),
  text(kind),
  `\`${digest}\``,
  text(why),
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
