import { baseStyle } from '../../kit/html/base-style.js';

/** The look of the status: a table that scrolls within itself where there is room, and a list on a phone. */
export const style = `${baseStyle}
body { max-width: none; }
h4, h5, ol, dl { margin: 0; padding: 0; font-weight: inherit; font-size: inherit; }
ol { list-style: none; }
a { color: inherit; text-underline-offset: 0.2em; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.contents { margin-top: 1.25rem; }
.contents ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; }
.totals { margin-top: 1.25rem; }

.package { font-family: var(--mono); font-size: 0.84375rem; line-height: 1.45; overflow-wrap: anywhere; }
.package i { color: var(--muted); font-style: normal; }
.tone { color: var(--tone); }
.command { display: block; width: fit-content; max-width: 100%; padding: 0.2rem 0.5rem; border: 1px solid var(--line); border-radius: 0.3rem; background: var(--raised); white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }

.ready { margin: 1rem 0 0.4rem; }

.scrolls { position: relative; overflow: auto; max-width: 100%; }
.grid { max-height: 90vh; border-block: 1px solid var(--strong); }
table { border-collapse: separate; border-spacing: 0; }
.list { width: 100%; }
th, td { padding: 0.5rem 1rem 0.5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 560; }
thead th { color: var(--muted); font-size: 0.84375rem; white-space: nowrap; }
.grid td, .grid th { min-width: 8.5rem; padding: 0.5rem 0.75rem; }
.grid thead th { position: sticky; top: 0; z-index: 1; background: var(--paper); color: var(--ink); }
.grid tbody th, .grid thead th:first-child { position: sticky; left: 0; width: 16rem; min-width: 16rem; background: var(--paper); }
.grid thead th:first-child { z-index: 2; }
.grid tbody tr:last-child > * { border-bottom: 0; }
.release { font-weight: 560; font-variant-numeric: tabular-nums; }
.since, .mark, .why { display: block; font-size: 0.8125rem; overflow-wrap: anywhere; }
.since, .none, .label { color: var(--muted); }
.mark, .why { color: var(--tone); }
.label { display: none; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }

.one { border-top: 1px solid var(--line); }
.one > summary, .one[open] > summary { width: auto; margin: 0; padding: 0.6rem 0; color: var(--ink); }
.one > summary h3 { display: inline; }
.one > div { padding: 0 0 1.5rem 1.1rem; }
.one section { margin-top: 1.75rem; }
h4 { margin-bottom: 0.5rem; font-weight: 600; }
.graph { display: flex; gap: 2.25rem; width: max-content; padding: 0.25rem 0 0.75rem; }
.graph > li { position: relative; width: 17rem; }
.graph > li + li::before { content: "\\2192" / ""; position: absolute; left: -1.7rem; top: -0.1rem; color: var(--muted); font-size: 1.1rem; }
h5 { margin-bottom: 0.5rem; color: var(--muted); font-size: 0.8125rem; overflow-wrap: anywhere; }
.item { padding: 0.45rem 0.65rem; border: 1px solid var(--line); border-left: 3px solid var(--tone, var(--strong)); border-radius: 0.35rem; background: var(--raised); }
.item + .item { margin-top: 0.5rem; }
.item b { font-weight: 560; overflow-wrap: anywhere; }
.item:target, h4:target { outline: 2px solid var(--fresh); outline-offset: 2px; }

@media screen and (max-width: 44rem) {
  .grid, .list { max-height: none; }
  .grid { overflow: visible; }
  .stacks, .stacks tbody, .stacks tr { display: block; }
  .stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacks tr { padding: 0.7rem 0; border-bottom: 1px solid var(--line); }
  .stacks th, .stacks td, .grid .stacks td, .grid .stacks tbody th { display: block; position: static; width: auto; min-width: 0; padding: 0.15rem 0; border: 0; }
  .stacks td.none { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacks .label { display: inline-block; min-width: 5.5rem; padding-right: 0.6rem; font-size: 0.8125rem; }
  .stacks td .since { display: inline-block; padding-left: 0.6rem; }
  .one > div { padding-left: 0; }
  .graph { flex-direction: column; gap: 1rem; width: auto; }
  .graph > li { width: auto; }
  .graph > li + li::before { content: "\\2193" / ""; position: static; display: block; }
}
@media print {
  .grid { max-height: none; overflow: visible; }
  .grid th, .grid thead th:first-child { position: static; }
}
`;
