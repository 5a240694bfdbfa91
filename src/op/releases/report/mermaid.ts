import { inLine, printable } from '../../kit/log/printable.js';
import type { Plan, PlanItem, Run } from '../documents/shapes.js';
import { itemsOf } from '../next/phases.js';
import { formatReference, parseReference } from '../reference/reference.js';

/**
 * A release as a flowchart of Mermaid: its phases in order, their items, and what each input comes from.
 * @param ref of the release: its own items are not drawn twice
 * @param runs with these, each item also says how it stands
 */
export function mermaidOf(ref: string, plan: Plan, runs: readonly Run[] = []): string {
  const ids = new Map(itemsOf(plan).map(({ key }, index) => [key, `item${index + 1}`]));
  const outside = new Map<string, string>();
  const phases = plan.phases.flatMap(({ name, items }, index) => [
    `  subgraph phase${index + 1}["${textOf(`${index + 1}. ${name}`)}"]`,
    ...(items.length === 0 ? [`    none${index + 1}["no items"]`] : []),
    ...items.map((item) => `    ${ids.get(item.key)}["${labelOf(item, runs)}"]`),
    '  end',
  ]);
  const order = plan.phases.slice(1).map((_, index) => `  phase${index + 1} --> phase${index + 2}`);
  const inputs = itemsOf(plan).flatMap(({ key, inputs }) =>
    Object.entries(inputs).flatMap(([name, input]) => {
      if (!('ref' in input)) return [];
      const from = formatReference({ ...parseReference(input.ref), fragment: [] });
      // Each deployment has its own environment as an input.
      if (`deploy/${from.slice('@/environment/'.length)}` === key && from.startsWith('@/environment/')) return [];
      const own = from.startsWith(`${ref}/`) ? ids.get(from.slice(ref.length + 1)) : undefined;
      const id = own ?? outside.get(from) ?? `input${outside.size + 1}`;
      if (own === undefined) outside.set(from, id);
      return [`  ${id} -.->|"${name}"| ${ids.get(key)}`];
    }),
  );
  const sources = [...outside].map(([from, id]) => `  ${id}(["${textOf(from)}"])`);
  return `${['flowchart LR', ...phases, ...sources, ...order, ...inputs].join('\n')}\n`;
}

function labelOf({ key, gates }: PlanItem, runs: readonly Run[]): string {
  const last = runs.findLast(({ item }) => item === key);
  const stand = last === undefined ? [] : [last.does === 'call' ? last.status : `${last.does} ${last.status}`];
  const closed = gates.length === 0 ? [] : [`gates: ${gates.map(({ is }) => is).join(', ')}`];
  return [key, ...closed, ...stand].map(textOf).join('<br/>');
}

/** Source: Mermaid, "Entity codes to escape characters". A backquote would begin Markdown. */
const textOf = (text: string): string =>
  inLine(printable(text)).replace(/["#&<>`\\]/gu, (found) => `#${found.codePointAt(0)};`);
