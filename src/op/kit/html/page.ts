import { createHash } from 'node:crypto';
import { html, type Markup, verbatim } from './markup.js';

/** What a page of op is made of. */
export interface PageParts {
  readonly title: string;
  /** Written here: nothing in it comes from elsewhere. */
  readonly style: string;
  readonly script?: string | undefined;
  readonly body: Markup;
}

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded, sent or framed, and only the blocks that were written here apply: whatever else a text says, it stays text. */
export const policyOf = ({ style, script }: Pick<PageParts, 'style' | 'script'>): string =>
  `default-src 'none'; style-src ${hash(style)};${script === undefined ? '' : ` script-src ${hash(script)};`} base-uri 'none'; form-action 'none'`;

/** An HTML page that needs nothing else: it can be sent by mail, and opened without a network. */
export function htmlPage({ title, style, script, body }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf({ style, script })}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${verbatim(style)}</style>
</head>
<body>
${body}
${
  script === undefined
    ? undefined
    : html`<script>${verbatim(script)}</script>
`
}</body>
</html>
`.markup;
}
