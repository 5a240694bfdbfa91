import { OpError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { html } from '../../kit/html/markup.js';
import { htmlPage } from '../../kit/html/page.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Files } from '../plan/files.js';

/**
 * Writes the report of a run that ended before it had a plan, such as for an invalid mirror file or a damaged segment. Without it, the
 * report of the run before would look like that of this one.
 */
export async function reportNoRun(files: Files, now: Date, error: unknown): Promise<void> {
  // What stops op, and its own bugs, are not the end of a run that somebody reads about in a report.
  if (!(error instanceof OpError)) return;
  const { message: what, why, hint } = error;
  const at = now.toISOString();
  const lines = [
    ['What', what],
    ['Why', why],
    ['What to do', hint],
  ] as const;
  const json = { version: 1, didNotRun: { what, why, hint }, at };
  await writeAtomic(files.report, `${JSON.stringify(json, undefined, 1)}\n`);
  const page = [
    `# Mirror\n\n**Failed**: it did not run, at ${at}. Nothing was copied.`,
    ...lines.map(([title, text]) => `## ${title}\n\n${quoted(text)}`),
  ];
  await writeAtomic(files.reportPage, `${page.join('\n\n')}\n`);
  const rows = lines.map(([title, text]) => html`<dt>${title}</dt><dd>${text}</dd>`);
  const body = html`<main>
<h1>The mirror did not run</h1>
<p>At ${at}. Nothing was copied.</p>
<dl>${rows}</dl>
</main>`;
  await writeAtomic(files.reportHtml, htmlPage({ title: 'Mirror: did not run', style, body }));
}

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
dt { font-weight: 600; margin-top: 1rem; }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

/** As it is, in a block of code, each line for itself. */
const quoted = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${oneLine(line, 500)}`)
    .join('\n');
