/** The look of the page: light and dark, on a phone, and on paper. Nothing in it is loaded from elsewhere. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --raised: #fff; --ink: #1f1e1b; --muted: #66625b; --line: #e3dfd8; --strong: #c9c4ba;
  --ok: #2c6e4e; --bad: #b02a20; --note: #855700; --fresh: #1d5c96;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171716; --raised: #1f1f1d; --ink: #e9e7e2; --muted: #a39f97; --line: #302f2c; --strong: #4a4843;
    --ok: #7fc6a0; --bad: #ff8d82; --note: #e2b567; --fresh: #8bbcea;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 78rem; padding: clamp(1.5rem, 5vw, 3.5rem) clamp(1rem, 4vw, 3rem);
  background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3, p, dl, dd, ul { margin: 0; padding: 0; font-weight: inherit; font-size: inherit; }
ul { list-style: none; }
code { font-family: var(--mono); font-size: 0.92em; }
[hidden] { display: none !important; }
.quiet { color: var(--muted); }
.bad { --tone: var(--bad); } .note { --tone: var(--note); } .fresh { --tone: var(--fresh); } .ok { --tone: var(--ok); }

.kicker { color: var(--muted); font-size: 0.8125rem; letter-spacing: 0.02em; }
h1 { font-size: clamp(1.6rem, 4vw, 2.1rem); line-height: 1.2; font-weight: 600; letter-spacing: -0.015em; overflow-wrap: anywhere; }
.verdict { margin-top: 0.75rem; font-size: 1.0625rem; }
.verdict strong { color: var(--tone); font-weight: 600; }
.times span { white-space: nowrap; }
.times { margin-top: 0.25rem; color: var(--muted); font-size: 0.875rem; }

.totals { display: flex; flex-wrap: wrap; gap: 1.25rem 2.5rem; margin-top: 1.75rem; padding: 1.1rem 0; border-block: 1px solid var(--line); }
.totals div { display: flex; flex-direction: column-reverse; min-width: 5rem; }
.totals dt { color: var(--muted); font-size: 0.8125rem; }
.totals dd { font-size: 1.5rem; line-height: 1.25; font-weight: 560; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.totals .bad dd, .totals .note dd { color: var(--tone); }

section { margin-top: 2.75rem; }
h2 { margin-bottom: 0.9rem; font-size: 1.1875rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.008em; }
.group { display: grid; grid-template-columns: 10.5rem minmax(0, 1fr); gap: 0.25rem 1.5rem; padding: 0.8rem 0; border-top: 1px solid var(--line); }
.group:last-child { border-bottom: 1px solid var(--line); }
.group h3 { color: var(--tone, var(--ink)); font-weight: 560; }
.group li + li { margin-top: 0.45rem; }
.pairs li { display: flex; justify-content: space-between; gap: 0.25rem 1.5rem; }
.pairs .below { flex: none; }
.group li > * { overflow-wrap: anywhere; }
.image { font-family: var(--mono); font-size: 0.84375rem; line-height: 1.45; overflow-wrap: anywhere; }
.image i { color: var(--muted); font-style: normal; }
.below { display: block; color: var(--muted); font-size: 0.8125rem; overflow-wrap: anywhere; }
.below code { color: var(--ink); }
summary { margin-top: 0.45rem; color: var(--muted); cursor: pointer; width: fit-content; }
details[open] summary { margin-bottom: 0.45rem; }

.bar { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.55rem 1rem; align-items: center; position: sticky; top: 0; z-index: 2; margin-inline: -0.5rem; padding: 0.6rem 0.5rem; background: var(--paper); }
.bar input {
  grid-column: 1 / -1; padding: 0.55rem 0.8rem; border: 1px solid var(--strong); border-radius: 0.5rem;
  background: var(--raised); color: inherit; font: inherit;
}
.bar input::placeholder { color: var(--muted); opacity: 1; }
.choice { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem; }
.choice button {
  padding: 0.2rem 0.7rem; border: 1px solid var(--line); border-radius: 1rem; background: transparent; color: var(--muted);
  font: inherit; font-size: 0.84375rem; white-space: nowrap; cursor: pointer;
}
.choice button:hover { border-color: var(--strong); color: var(--ink); }
.choice button[aria-pressed="true"] { border-color: var(--ink); background: var(--ink); color: var(--paper); }
.choice span { margin-left: 0.25rem; font-variant-numeric: tabular-nums; opacity: 0.75; }
.bar output { color: var(--muted); font-size: 0.84375rem; font-variant-numeric: tabular-nums; }
:focus-visible { outline: 2px solid var(--fresh); outline-offset: 2px; }

table { width: 100%; border-collapse: separate; border-spacing: 0; table-layout: fixed; }
.outcome { width: 8rem; } .digest { width: 13rem; } .size { width: 7rem; }
th { position: sticky; top: var(--bar, 0); z-index: 1; padding: 0; border-bottom: 1px solid var(--strong); background: var(--paper); text-align: left; font-weight: 560; font-size: 0.84375rem; color: var(--muted); }
th, th button { line-height: 1.4; }
th:not(:has(button)) { padding: 0.5rem 1rem 0.5rem 0; }
th button { width: 100%; padding: 0.5rem 1rem 0.5rem 0; border: 0; background: none; color: inherit; font: inherit; text-align: inherit; cursor: pointer; }
th button:hover, th[aria-sort] { color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
td { padding: 0.6rem 1rem 0.6rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:first-child { color: var(--tone); font-size: 0.875rem; }
tr.bad td:first-child { font-weight: 560; }
tr.ok td:first-child { color: var(--muted); }
td code { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--muted); font-size: 0.8125rem; line-height: 1.55; }
th:last-child, td:last-child { padding-right: 0; text-align: right; }
th:last-child button { padding-right: 0; }
td:last-child { color: var(--muted); font-size: 0.875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.why { display: block; margin-top: 0.15rem; font-size: 0.84375rem; color: var(--tone); overflow-wrap: anywhere; }
.more { display: block; margin: 1.25rem auto 0; padding: 0.4rem 1.1rem; border: 1px solid var(--strong); border-radius: 1rem; background: transparent; color: var(--ink); font: inherit; cursor: pointer; }
.more:hover { border-color: var(--ink); }
.empty { padding: 2rem 0; color: var(--muted); text-align: center; }
footer { margin-top: 2.5rem; color: var(--muted); font-size: 0.8125rem; overflow-wrap: anywhere; }
footer p + p { margin-top: 0.2rem; }

@media screen and (max-width: 44rem) {
  .group { grid-template-columns: minmax(0, 1fr); }
  .pairs li { display: block; }
  .totals { gap: 1rem 1.75rem; }
  .choice { flex-wrap: nowrap; overflow-x: auto; margin-inline: -0.5rem; padding-inline: 0.5rem; scrollbar-width: none; }
  .choice, .bar output { grid-column: 1 / -1; }
  table, tbody, tr, td { display: block; }
  colgroup, thead { display: none; }
  tr { padding: 0.7rem 0; border-bottom: 1px solid var(--line); }
  td, td:last-child { padding: 0; border: 0; text-align: left; }
  td:first-child { font-size: 0.8125rem; }
  td:nth-child(n + 3) { display: inline-block; max-width: 60%; vertical-align: bottom; padding-top: 0.2rem; font-size: 0.8125rem; }
  td:nth-child(4):not(:empty) { padding-left: 0.9rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --raised: #fff; --ink: #000; --muted: #444; --line: #ccc; --strong: #888;
    --ok: #1f5138; --bad: #8f1d15; --note: #5f3f00; --fresh: #123f68;
  }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .bar, .more, summary { display: none; }
  section { margin-top: 1.5rem; }
  h2, h3 { break-after: avoid; }
  tr, li { break-inside: avoid; }
  thead { display: table-header-group; }
  th { position: static; }
  th button::after { content: none !important; }
  td code { white-space: normal; overflow-wrap: anywhere; }
  .outcome { width: 5.5rem; } .digest { width: 11.5rem; } .size { width: 4.5rem; }
  .image, td code { font-size: 7.5pt; }
  td, td:first-child, td:last-child, .below, .why { font-size: 8pt; }
  td { padding-block: 0.35rem; }
}
`;
