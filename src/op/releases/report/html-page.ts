import { html, type Markup } from '../../kit/html/markup.js';
import { htmlPage, policyOf } from '../../kit/html/page.js';
import { countOf } from '../../kit/log/format.js';
import type { Release, Run, Standing } from '../documents/shapes.js';
import { mayBypass } from '../next/gates.js';
import type { Waiting } from '../next/snapshot.js';
import { style } from './html-style.js';
import { type Cell, environmentNames, type Status } from './status.js';

/** What the page of a status shows besides it. */
export interface StatusPage {
  readonly status: Status;
  readonly now: Date;
  /** The stores that it was read from, in words. */
  readonly places: readonly string[];
  readonly packages: readonly PackageHistory[];
  /** What is added to each command to type, such as ` --store=cluster:shop`; empty for none. */
  readonly flags: string;
  /** Names a piece of work that is ready. */
  readonly ready: readonly string[];
}

/** What was released of a package. */
export interface PackageHistory {
  readonly name: string;
  /** The newest first. */
  readonly releases: readonly Release[];
  /** How many there are in the store. */
  readonly count: number;
  /** Numbers of those whose items are shown. */
  readonly shown: readonly number[];
}

/** How something is to be seen: a class of the style. */
type Tone = 'bad' | 'note' | 'fresh' | 'ok' | '';

const toneOfStanding: Readonly<Record<Standing, Tone>> = {
  open: 'fresh',
  complete: 'ok',
  failed: 'bad',
  bad: 'bad',
  superseded: '',
  abandoned: '',
};
const toneOfRun: Readonly<Record<Run['status'], Tone>> = {
  running: 'fresh',
  complete: 'ok',
  failed: 'bad',
  lost: 'note',
  retried: 'note',
};

/** Runs of a release that are listed: the newest ones. */
const runsAtMost = 200;

/** The policy of the page, for the header of an answer. */
export const policy = policyOf({ style });

/** The status as one HTML page that needs nothing else, not even a script. */
export function statusPageOf(page: StatusPage): string {
  const { status, now, places, packages, ready } = page;
  const waits = status.waiting.filter(({ kind }) => kind !== 'phase');
  const open = packages.flatMap(({ releases }) => releases.filter(({ standing }) => standing === 'open')).length;
  const failed = status.deployments.filter((one) => one.failed !== null).length;
  const held = status.deployments.filter((one) => one.held !== null).length;
  const body = html`<header>
<p class="kicker">Status of releases</p>
<h1>${places[0] ?? ''}</h1>
<p class="times"><span>As of ${timeOf(now.toISOString())}</span>${places.slice(1).map((one) => html` · ${one}`)}</p>
<nav class="contents" aria-label="On this page"><ul><li><a href="#waits">What waits</a></li><li><a href="#where">What runs where</a></li><li><a href="#releases">Releases</a></li></ul></nav>
</header>
<main>
<dl class="totals">
${totalOf('packages', status.packages.length)}
${totalOf('environments', status.environments.length)}
${totalOf('open releases', open)}
${totalOf('ready', ready.length)}
${totalOf('waiting', waits.length, waits.length > 0 ? 'note' : '')}
${held > 0 ? totalOf('held', held, 'note') : undefined}
${failed > 0 ? totalOf('failed', failed, 'bad') : undefined}
</dl>
<section aria-labelledby="waits"><h2 id="waits">What waits</h2>
${waitingOf(waits, page)}
</section>
<section aria-labelledby="where"><h2 id="where">What runs where</h2>
${gridOf(page)}
</section>
<section aria-labelledby="releases"><h2 id="releases">Releases</h2>
${packages.map((one, at) => packageOf(one, at, page))}
</section>
</main>
<footer><p>This page only shows what was in the store at that time. Commands are for a terminal.</p></footer>`;
  return htmlPage({ title: `Status: ${places[0] ?? ''}`, style, body });
}

const totalOf = (label: string, count: number, tone: Tone = '') =>
  html`<div class="${tone}"><dt>${label}</dt><dd>${count}</dd></div>`;

/** `2026-11-27 16:10 UTC`, as written in ISO 8601. */
const timeOf = (at: string): Markup =>
  html`<time datetime="${at}">${at.replace(/^(.{10})T(.{5}).*$/su, '$1 $2 UTC')}</time>`;

/** A package, whose last part one reads first; a line breaks before it rather than in a word. */
function nameOf(name: string, more = ''): Markup {
  const at = name.lastIndexOf('/') + 1;
  return html`<span class="package"><i>${name.slice(0, at)}</i><wbr>${name.slice(at)}${more === '' ? undefined : html`<wbr>${more}`}</span>`;
}

const commandOf = (command: string, { flags }: Pick<StatusPage, 'flags'>): Markup =>
  html`<code class="command">${command}${flags}</code>`;

interface TableParts {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly Markup[];
}

/** The roles are written out: on a phone the style makes blocks of the rows, and browsers take the roles away with the look. */
function tableOf(look: 'list' | 'fleet', { caption, heads, rows }: TableParts): Markup {
  const head = heads.map((one) => html`<th scope="col" role="columnheader">${one}</th>`);
  return html`<table class="${look} stacks" role="table">
<caption class="unseen">${caption}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">
${rows}</tbody>
</table>`;
}

const rowOf = (head: Markup, cells: readonly Markup[]): Markup =>
  html`<tr role="row"><th scope="row" role="rowheader">${head}</th>${cells}</tr>
`;

/** A cell; where there are no columns, it says for itself what it is. */
const cell = (label: string, value: Markup | string | undefined, look = ''): Markup =>
  value === undefined || value === ''
    ? html`<td role="cell" class="none"><span class="unseen">nothing</span></td>`
    : html`<td role="cell" class="${look}"><span class="label" aria-hidden="true">${label}</span>${value}</td>`;

function waitingOf(waits: readonly Waiting[], page: StatusPage): readonly Markup[] {
  const rows = waits.map((one) =>
    rowOf(nameOf(one.package, `/@r${one.release}/${one.item}`), [
      cell('waits for', one.for, one.kind === 'failed' || one.kind === 'check' ? 'bad tone' : ''),
      cell('', one.hint === undefined ? undefined : commandOf(one.hint, page)),
    ]),
  );
  const heads = ['Item', 'Waits for', 'To go on, type'];
  const table = tableOf('list', { caption: 'What waits, for what, and the command that goes on', heads, rows });
  const { ready } = page;
  const todo = html`<p class="ready">${countOf(ready.length, 'piece')} of work ${ready.length === 1 ? 'is' : 'are'} ready:</p>
${commandOf('op work any', page)}
<details><summary>What is ready</summary><ul>${ready.map((one) => html`<li>${one}</li>`)}</ul></details>`;
  return [
    waits.length === 0 ? html`<p class="quiet">Nothing waits.</p>` : table,
    ...(ready.length === 0 ? [] : [todo]),
  ];
}

function gridOf(page: StatusPage): Markup {
  const { status, packages } = page;
  const environments = environmentNames(status);
  if (packages.length === 0) return html`<p class="quiet">There are no releases yet.</p>`;
  const cells = new Map(status.deployments.map((one) => [`${one.environment} ${one.package}`, one]));
  const rows = packages.map((one, at) =>
    rowOf(
      html`<a href="#${anchorOf(at)}">${nameOf(one.name)}</a>`,
      environments.map((name) => cell(name, deploymentOf(cells.get(`${name} ${one.name}`), one, at))),
    ),
  );
  const caption = 'The release of each package in each environment';
  // It scrolls within itself, so a keyboard has to get there.
  return html`<div class="scrolls grid" role="region" aria-label="${caption}" tabindex="0">${tableOf('fleet', { caption, heads: ['Package', ...environments], rows })}</div>`;
}

const anchorOf = (at: number, release?: number): string => `p${at}${release === undefined ? '' : `-r${release}`}`;

function deploymentOf(found: Cell | undefined, { shown }: PackageHistory, at: number): Markup | undefined {
  if (found === undefined) return undefined;
  const { release, since, by, wanted, held, failed } = found;
  const number = Number(release?.slice(1));
  const name =
    release !== null && shown.includes(number) ? html`<a href="#${anchorOf(at, number)}">${release}</a>` : release;
  const change = wanted === release ? undefined : wanted === null ? 'goes away' : `${wanted} is wanted`;
  return html`<span class="release">${name ?? 'nothing yet'}</span>${since === null ? undefined : html`<span class="since">${timeOf(since)} by ${by ?? ''}</span>`}${change === undefined ? undefined : html`<span class="mark fresh">${change}</span>`}${held === null ? undefined : html`<span class="mark note">held: waits for ${held}</span>`}${failed === null ? undefined : html`<span class="mark bad">failed: ${failed}</span>`}`;
}

function packageOf(one: PackageHistory, at: number, page: StatusPage): Markup {
  const { name, releases, count, shown } = one;
  const rows = releases.map(({ number, standing, commit, created }) =>
    rowOf(shown.includes(number) ? html`<a href="#${anchorOf(at, number)}">r${number}</a>` : html`r${number}`, [
      cell('is', standing, `tone ${toneOfStanding[standing]}`),
      cell('commit', html`<code>${commit.slice(0, 12)}</code>`),
      cell('made', timeOf(created.at)),
      cell('by', created.by),
    ]),
  );
  const more =
    count > releases.length
      ? html`<p class="quiet">and ${countOf(count - releases.length, 'older one')}</p>`
      : undefined;
  const open = releases.filter(({ standing }) => standing === 'open').map(({ number }) => `r${number}`);
  const sum = `${countOf(count, 'release')}${open.length === 0 ? '' : `, ${open.join(', ')} open`}`;
  const details = releases
    .filter(({ number }) => shown.includes(number))
    .map((release) => releaseOf(release, at, page));
  return html`<details class="one"><summary><h3>${nameOf(name)}</h3> <span class="quiet">${sum}</span></summary><div>
<div class="scrolls"><span id="${anchorOf(at)}"></span>${tableOf('list', { caption: `Releases of ${name}`, heads: ['Release', 'Standing', 'Commit', 'Made', 'By'], rows })}</div>
${more}
${details}
</div></details>
`;
}

function releaseOf(release: Release, at: number, page: StatusPage): Markup {
  const { number, standing, runs, plan, ref } = release;
  const id = anchorOf(at, number);
  const waiting = page.status.waiting.filter((one) => one.package === release.package && one.release === number);
  const keys = plan.phases.flatMap(({ items }) => items.map(({ key }) => key));
  const idOf = (key: string) => `${id}-${keys.indexOf(key)}`;
  const of: OfItem = { release, idOf, keys: new Set(keys), waiting, page };
  const phases = plan.phases.map(
    ({ name, items }, index) =>
      html`<li><h5>${index + 1}. ${name}</h5>${items.length === 0 ? html`<p class="quiet">no items</p>` : html`<ul>${items.map((item) => itemOf(item, of))}</ul>`}</li>`,
  );
  const label = `Phases and items of r${number}`;
  return html`<section aria-labelledby="${id}"><h4 id="${id}" tabindex="-1">r${number}: <span class="tone ${toneOfStanding[standing]}">${standing}</span></h4>
<div class="scrolls" role="region" aria-label="${label}" tabindex="0"><ol class="graph">${phases}</ol></div>
${historyOf(ref, runs)}
</section>
`;
}

interface OfItem {
  readonly release: Release;
  readonly idOf: (key: string) => string;
  readonly keys: ReadonlySet<string>;
  readonly waiting: readonly Waiting[];
  readonly page: StatusPage;
}

type Item = Release['plan']['phases'][number]['items'][number];

function itemOf({ key, inputs, gates }: Item, { release, idOf, keys, waiting, page }: OfItem): Markup {
  const last = release.runs.findLast(({ item }) => item === key);
  const waits = waiting.filter(({ item, kind }) => item === key && kind !== 'phase');
  const own = `${release.ref}/`;
  const from = Object.entries(inputs).flatMap(([name, input]) => {
    if (!('ref' in input)) return [];
    // Each deployment has its own environment as an input.
    if (name === 'environment') return [];
    const source = input.ref.replace(/#.*$/su, '');
    const item = source.startsWith(own) ? source.slice(own.length) : '';
    const shown = keys.has(item) ? html`<a href="#${idOf(item)}">${item}</a>` : html`${source}`;
    return [html`<span class="below">${name} from ${shown}</span>`];
  });
  const stand = last === undefined ? 'not yet' : last.does === 'call' ? last.status : `${last.does} ${last.status}`;
  const closed = gates.map((gate) => (gate.is === 'approval' || mayBypass(gate) ? gate.is : `${gate.is} (no bypass)`));
  return html`<li id="${idOf(key)}" class="item ${last === undefined ? (waits.length > 0 ? 'note' : '') : toneOfRun[last.status]}"><b>${key}</b> <span class="tone">${stand}</span>${from}${closed.length === 0 ? undefined : html`<span class="below">gates: ${closed.join(', ')}</span>`}${waits.map((one) => html`<span class="below">waits for ${one.for}</span>${one.hint === undefined ? undefined : commandOf(one.hint, page)}`)}</li>`;
}

function historyOf(ref: string, runs: readonly Run[]): Markup {
  if (runs.length === 0) return html`<p class="quiet">Nothing was run of it yet.</p>`;
  const rows = runs
    .slice(-runsAtMost)
    .map(({ item, number, does, status, why, started, ended, error }) =>
      rowOf(html`${item}`, [
        cell('run', `${number}`),
        cell('does', `${does}, ${why}`),
        cell(
          'ended',
          html`<span class="tone ${toneOfRun[status]}">${status}</span>${error === undefined ? undefined : html`<span class="why bad">${error}</span>`}`,
        ),
        cell('started', html`${timeOf(started.at)} by ${started.by}`),
        cell(
          'took',
          ended === undefined ? undefined : `${Math.round((Date.parse(ended) - Date.parse(started.at)) / 1000)} s`,
        ),
      ]),
    );
  const left = runs.length - rows.length;
  const heads = ['Item', 'Run', 'Does', 'Ended', 'Started', 'Took'];
  return html`<details><summary>${countOf(runs.length, 'run')}</summary>${left > 0 ? html`<p class="quiet">without ${countOf(left, 'older one')}</p>` : undefined}<div class="scrolls">${tableOf('list', { caption: `Runs of ${ref}`, heads, rows })}</div></details>`;
}
