/** The look that pages of op share: colours and texts, light and dark, on a phone, and on paper. Nothing in it is loaded from elsewhere. */
export const baseStyle = `
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
.below { display: block; color: var(--muted); font-size: 0.8125rem; overflow-wrap: anywhere; }
.below code { color: var(--ink); }
summary { margin-top: 0.45rem; color: var(--muted); cursor: pointer; width: fit-content; }
details[open] summary { margin-bottom: 0.45rem; }
:focus-visible { outline: 2px solid var(--fresh); outline-offset: 2px; }
footer { margin-top: 2.5rem; color: var(--muted); font-size: 0.8125rem; overflow-wrap: anywhere; }
footer p + p { margin-top: 0.2rem; }

@media screen and (max-width: 44rem) {
  .totals { gap: 1rem 1.75rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --raised: #fff; --ink: #000; --muted: #444; --line: #ccc; --strong: #888;
    --ok: #1f5138; --bad: #8f1d15; --note: #5f3f00; --fresh: #123f68;
  }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  summary { display: none; }
  section { margin-top: 1.5rem; }
  h2, h3 { break-after: avoid; }
  tr, li { break-inside: avoid; }
}
`;
