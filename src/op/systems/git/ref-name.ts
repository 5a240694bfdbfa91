/** What the name of a branch or a tag must not contain, each with its message. Source: git-check-ref-format(1). */
const rules: readonly (readonly [RegExp, string])[] = [
  [/^-/u, 'it starts with "-", and git would take it for an option'],
  [/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, 'it has a line break or another invisible character'],
  [/[\s~^:?*[\\]/u, 'it has a space or one of ~ ^ : ? * [ \\'],
  [/\.\.|@\{|^@$/u, 'it is a git expression (.. or @), not a name'],
  [
    /^\/|\/$|\/\/|(?:^|\/)\.|\.$|\.lock(?:\/|$)/u,
    'it has a part that is empty, starts with ".", or ends in "." or ".lock"',
  ],
];

/** Why a text cannot be the name of a branch or a tag; undefined when it can. */
export function problemOfName(text: string): string | undefined {
  if (Buffer.byteLength(text) > 1000) return `it is ${Buffer.byteLength(text)} bytes long, and names have at most 1000`;
  return rules.find(([pattern]) => pattern.test(text))?.[1];
}

/** A full commit id: SHA-1 or SHA-256. */
export const isCommit = (text: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(text);
