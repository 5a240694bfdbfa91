import { html, type Markup } from '../../kit/html/markup.js';
import { htmlPage } from '../../kit/html/page.js';
import { countOf, bytes as shownBytes } from '../../kit/log/format.js';
import { type Change, type ChangeKind, changeKinds } from '../history/changes.js';
import { script } from './html-script.js';
import { style } from './html-style.js';
import { type Outcome, outcomes, type Report, type ReportedImage } from './reported.js';
import { advice, changeWords, minuteOf, noEarlierRun, shortDigest, type Verdict, verdictOf } from './verdict.js';

/** Items of a list that are shown before the reader asks for more. */
const atFirst = 12;
/** Images that are explained above the table, which has all of them. */
const explained = 100;

/** How something is to be seen: a class of the style. */
type Tone = 'bad' | 'note' | 'fresh' | 'ok';

/** The outcomes in the order of the table, the most urgent first. */
const tones: Readonly<Record<Outcome, Tone>> = {
  failed: 'bad',
  wrong: 'bad',
  missing: 'bad',
  unknown: 'bad',
  drift: 'note',
  planned: 'note',
  overwritten: 'fresh',
  copied: 'fresh',
  attached: 'fresh',
  unchanged: 'ok',
};
const byUrgency = outcomes.toSorted((one, other) => rank(one) - rank(other));

function rank(outcome: Outcome): number {
  return Object.keys(tones).indexOf(outcome);
}

const toneOfVerdict: Readonly<Record<Verdict['word'], Tone>> = {
  Refused: 'bad',
  Failed: 'bad',
  Planned: 'note',
  Copied: 'note',
  Clean: 'ok',
};

const toneOfChange: Readonly<Record<ChangeKind, Tone | undefined>> = {
  failing: 'bad',
  stillFailing: 'bad',
  recovered: 'ok',
  changed: 'fresh',
  added: 'fresh',
  gone: undefined,
};

/** `7,241`: the formatter of Node takes 20 ms to load. */
const grouped = (count: number) => `${count}`.replace(/\B(?=(?:\d{3})+$)/gu, ',');
/** A report as one HTML page that needs nothing else: it can be sent by mail, and opened without a network. */
export function htmlPageOf(report: Report): string {
  const { name, images, totals, unlisted, refused } = report;
  const { word, rest } = verdictOf(report);
  const body = html`<header>
<p class="kicker">Mirror report</p>
<h1>${name}</h1>
<p class="verdict ${toneOfVerdict[word]}"><strong>${word}${word === 'Copied' ? ',' : ':'}</strong> ${rest}</p>
<p class="times">${timesOf(report)}</p>
</header>
<main>
<dl class="totals">
${totalOf('images', grouped(images.length))}
${byUrgency
  .filter((outcome) => totals[outcome] > 0)
  .map((outcome) => totalOf(outcome, grouped(totals[outcome]), tones[outcome]))}
${totalOf('uploaded', shownBytes(totals.bytes))}
</dl>
${changesOf(report)}
${section(
  'Nothing was copied',
  refused.map((why) => group('limit', 'bad', [html`<span>${why}</span>`])),
)}
${section(
  'Sources that could not be listed',
  unlisted.map(({ source, why }) =>
    group('not listed', 'bad', [html`${imageOf(source)}<span class="why">${why}</span>`]),
  ),
)}
${section('To look at', toLookAt(images))}
${section('Referrers that were not copied', leftOut(images))}
${tableOf(images, totals)}
</main>
<footer>
<p>Plan <code>${report.planDigest}</code></p>
<p>Mirror file ${report.mirrorFile}, <code>${report.mirrorDigest}</code></p>
</footer>`;
  return htmlPage({ title: `Mirror ${name}: ${word.toLowerCase()}`, style, script, body });
}

function timesOf({ plannedAt, copiedAt, verifiedAt, verifiedDeep }: Report): readonly Markup[] {
  const steps: readonly (readonly [string, string | null])[] = [
    ['Planned', plannedAt],
    ['copied', copiedAt],
    [verifiedDeep ? 'verified with all manifests and blobs' : 'verified', verifiedAt],
  ];
  return steps
    .flatMap(([what, at]) => (at === null ? [] : [`${what} ${minuteOf(at)}`]))
    .map((step, at) => html`${at === 0 ? '' : ' · '}<span>${step}</span>`);
}

/** An image, whose last part one reads first; a line breaks before it rather than in a word. */
function imageOf(reference: string): Markup {
  const at = reference.split('@')[0]?.lastIndexOf('/') ?? -1;
  return html`<span class="image"><i>${reference.slice(0, at + 1)}</i><wbr>${reference.slice(at + 1)}</span>`;
}

const totalOf = (label: string, value: string, tone?: Tone) =>
  html`<div class="${tone ?? ''}"><dt>${label}</dt><dd>${value}</dd></div>`;

const section = (title: string, groups: readonly Markup[]) =>
  groups.length === 0 ? undefined : html`<section><h2>${title}</h2>${groups}</section>`;

/** A label, and a list beside it; a long one is shown in part until it is opened. */
function group(label: string, tone: Tone | undefined, items: readonly Markup[], look: 'pairs' | '' = ''): Markup {
  const list = (shown: readonly Markup[]) =>
    html`<ul class="${look}">${shown.map((item) => html`<li>${item}</li>`)}</ul>`;
  const more = items.slice(atFirst);
  const rest =
    more.length === 0
      ? undefined
      : html`<details><summary>${grouped(more.length)} more</summary>${list(more)}</details>`;
  return html`<div class="group ${tone ?? ''}"><h3>${label}</h3><div>${list(items.slice(0, atFirst))}${rest}</div></div>`;
}

function changesOf({ changes, copiedAt }: Report): Markup | undefined {
  if (changes === null) {
    return copiedAt === null ? undefined : html`<section><p class="quiet">${noEarlierRun}</p></section>`;
  }
  const title = `Since the run of ${minuteOf(changes.since.verifiedAt)}`;
  const groups = changeKinds.flatMap((kind) => {
    const all = changes[kind];
    if (all.length === 0) return [];
    return [group(`${grouped(all.length)} ${changeWords[kind]}`, toneOfChange[kind], all.map(changeOf), 'pairs')];
  });
  return groups.length === 0
    ? html`<section><h2>${title}</h2><p class="quiet">Nothing changed.</p></section>`
    : section(title, groups);
}

function changeOf({ destination, from, to, outcome }: Change): Markup {
  const digest = (value: string | null) => (value === null ? undefined : html`<code>${shortDigest(value)}</code>`);
  const digests = from === to ? [from] : [from, to];
  const shown = digests.flatMap((one) => digest(one) ?? []);
  const way = shown.map((one, at) => (at === 0 ? one : html` → ${one}`));
  const word = outcome === 'mirrored' ? undefined : `${outcome} `;
  return html`${imageOf(destination)}<span class="below">${word}${way}</span>`;
}

function toLookAt(images: readonly ReportedImage[]): readonly Markup[] {
  return byUrgency.flatMap((outcome) => {
    const todo = advice[outcome];
    const all = images.filter((image) => image.outcome === outcome);
    if (todo === undefined || all.length === 0) return [];
    const items = all
      .slice(0, explained)
      .map(
        ({ destination, source, why }) =>
          html`${imageOf(destination)}<span class="below">from ${source}</span><span class="why">${why ?? ''}</span>`,
      );
    const first = html`<span class="quiet">${withCode(todo)}</span>`;
    const rest =
      all.length > explained
        ? [html`<span class="quiet">${grouped(all.length - explained)} more are in the table</span>`]
        : [];
    return [group(`${grouped(all.length)} ${outcome}`, tones[outcome], [first, ...items, ...rest])];
  });
}

/** What refers to images at the source, and stayed there. */
function leftOut(images: readonly ReportedImage[]): readonly Markup[] {
  const items = images.flatMap(({ source, left }) =>
    left.map(
      ({ kind, digest, why }) =>
        html`${imageOf(source)}<span class="below">${kind} <code>${shortDigest(digest)}</code></span><span class="why">${why}</span>`,
    ),
  );
  return items.length === 0 ? [] : [group(countOf(items.length, 'referrer'), 'note', items)];
}

/** What is between backticks is code. */
const withCode = (text: string): readonly Markup[] =>
  text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

function tableOf(images: readonly ReportedImage[], totals: Report['totals']): Markup | undefined {
  if (images.length === 0) return undefined;
  const sorted = images.toSorted((one, other) => rank(one.outcome) - rank(other.outcome));
  const choices = byUrgency.filter((outcome) => totals[outcome] > 0);
  const choice = (outcome: string, label: string, count: number) =>
    html`<button type="button" data-outcome="${outcome}" aria-pressed="${outcome === '' ? 'true' : 'false'}">${label}<span>${grouped(count)}</span></button>`;
  return html`<section><h2>All images</h2>
<div class="bar" id="bar" hidden>
<input type="search" aria-label="Filter images" placeholder="Filter by name, digest or reason" autocomplete="off" spellcheck="false">
<div class="choice" role="group" aria-label="Outcome">${choice('', 'all', images.length)}${choices.map((one) => choice(one, one, totals[one]))}</div>
<output>${countOf(images.length, 'image')}</output>
</div>
<table id="images">
<colgroup><col class="outcome"><col><col class="digest"><col class="size"></colgroup>
<thead><tr><th scope="col">Outcome</th><th scope="col">Image</th><th scope="col">Digest</th><th scope="col">Uploaded</th></tr></thead>
<tbody>
${sorted.map(rowOf)}</tbody>
</table>
<p class="empty" id="empty" hidden>No image fits.</p>
<button type="button" class="more" id="more" hidden></button>
</section>`;
}

const rowOf = ({ source, destination, digest, outcome, bytes, why, referrers }: ReportedImage) =>
  html`<tr class="${tones[outcome]}" data-outcome="${outcome}" data-bytes="${bytes}"><td>${outcome}</td><td>${imageOf(destination)}<span class="below">from ${source}${referrers === 0 ? undefined : ` · ${countOf(referrers, 'referrer')}`}</span>${why === null ? undefined : html`<span class="why">${why}</span>`}</td><td>${digest === null ? undefined : html`<code>${digest}</code>`}</td><td>${bytes === 0 ? undefined : shownBytes(bytes)}</td></tr>
`;
