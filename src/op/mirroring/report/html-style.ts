import { baseStyle } from '../../kit/html/base-style.js';

/** The look of the report. */
export const style = `${baseStyle}
.group { display: grid; grid-template-columns: 10.5rem minmax(0, 1fr); gap: 0.25rem 1.5rem; padding: 0.8rem 0; border-top: 1px solid var(--line); }
.group:last-child { border-bottom: 1px solid var(--line); }
.group h3 { color: var(--tone, var(--ink)); font-weight: 560; }
.group li + li { margin-top: 0.45rem; }
.pairs li { display: flex; justify-content: space-between; gap: 0.25rem 1.5rem; }
.pairs .below { flex: none; }
.group li > * { overflow-wrap: anywhere; }
.image { font-family: var(--mono); font-size: 0.84375rem; line-height: 1.45; overflow-wrap: anywhere; }
.image i { color: var(--muted); font-style: normal; }
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
@media screen and (max-width: 44rem) {
  .group { grid-template-columns: minmax(0, 1fr); }
  .pairs li { display: block; }
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
  .bar, .more { display: none; }
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
