import { printable } from '../log/printable.js';

/** HTML that may be written as it is. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined;

/**
 * HTML with values in it. A text is escaped, for an element and for an attribute in double quotes, and has no characters that change the
 * direction of others; `undefined` is nothing.
 * @example html`<td title="${name}">${name}</td>`
 */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: literals.map((literal, at) => literal + markupOf(parts[at])).join('') };
}

/** HTML, CSS or a script that was written here. */
export const verbatim = (markup: string): Markup => ({ markup });

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'number') return `${part}`;
  if (typeof part === 'string') return printable(part).replaceAll(/[&<>"']/gu, (sign) => entities[sign] ?? '');
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}
