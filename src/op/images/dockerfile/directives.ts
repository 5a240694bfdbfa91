/** The parser directives of a Dockerfile: `# escape=`, `# syntax=`, `# check=`. */
export interface Directives {
  readonly escape: string | undefined;
  readonly syntax: string | undefined;
}

/** The lines of a Dockerfile, without a byte order mark. */
export const linesOf = (text: string): readonly string[] => text.replace(/^\ufeff/u, '').split(/\r?\n/u);

/**
 * Directives are comments before anything else; another comment, also `# name=value` with an unknown name, ends them.
 * Source: BuildKit, parser/directives.go.
 */
export function readDirectives(text: string): Directives {
  const lines = linesOf(text);
  let found: Directives = { escape: undefined, syntax: undefined };
  for (const line of lines[0]?.startsWith('#!') ? lines.slice(1) : lines) {
    const [, written = '', value = ''] = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/u.exec(line) ?? [];
    const name = written.toLowerCase();
    if (name === 'escape') found = { ...found, escape: value };
    else if (name === 'syntax') found = { ...found, syntax: value };
    else if (name !== 'check') break;
  }
  return found;
}
