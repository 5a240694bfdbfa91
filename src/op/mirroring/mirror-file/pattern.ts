/** A regular expression that a whole tag must match. */
export interface Pattern {
  readonly expression: RegExp;
  /** Names of its groups, and their numbers. */
  readonly groups: readonly string[];
}

/** Compiles a regular expression of JavaScript, anchored at both ends; or says what is wrong with it. */
export function compilePattern(text: string): Pattern | { readonly problem: string } {
  try {
    // Alone first: `a)(b` would be valid between the parentheses.
    new RegExp(text);
    const expression = new RegExp(`^(?:${text})$`);
    // An empty alternative always matches, and its match has every group.
    const all = new RegExp(`${text}|`).exec('');
    const numbered = Array.from({ length: (all?.length ?? 1) - 1 }, (_, index) => `${index + 1}`);
    return { expression, groups: [...numbered, ...Object.keys(all?.groups ?? {})] };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { problem: said.replace(/^Invalid regular expression: /u, '') };
  }
}

/** Whether one of the patterns matches the whole text. Patterns that do not compile match nothing. */
export const matchesOne = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => {
    const compiled = compilePattern(pattern);
    return 'expression' in compiled && compiled.expression.test(text);
  });
