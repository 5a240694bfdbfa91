/** Words that some YAML 1.1 or 1.2 reader takes for a boolean or null. */
const reserved = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** Begins like a word, a path, a reference or a long flag, and holds only printable ASCII. */
const shape = /^(?:[A-Za-z_/]|\$\(|--[A-Za-z])[ -~]*$/;

/** What ends or splits a plain scalar: `: `, a comment, a colon or a space at the end. */
const breaks = /: |:$| #| $/;

/** A duration or quantity such as `10m`, `1h30m` or `128Mi`, which no reader takes for a number. */
const measure = /^\d+(?:ms|[smh]|[KMGT]i?)(?:\d+[ms])?$/;

/** Characters that YAML or a reader may drop, fold or refuse. */
const odd =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]/u;

/** Those of them that JSON quoting leaves as they are. */
const unescaped = /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The text as one line: plain where every reader gets the same string back, else in JSON quotes, which are YAML too. */
export function scalar(text: string): string {
  const plain = shape.test(text) ? !breaks.test(text) && !reserved.test(text) : measure.test(text);
  return plain ? text : JSON.stringify(text).replace(unescaped, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Whether the text can be a block scalar: several lines, and no white space that a reader or editor may drop. */
export function fitsBlock(text: string): boolean {
  return text.includes('\n') && /^\S/.test(text) && !/[ \t](?:\n|$)/.test(text) && !odd.test(text);
}
