/**
 * `user:password@` in a URL (a user alone is not a secret in ssh URLs, but may be a token in http URLs), bearer and basic tokens,
 * and the `auth` values of a docker config.
 */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/((?!ssh:)\b[a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/giu, '$1***@'],
  [/(\bssh:\/\/[^\s/@:]*:)[^\s/]*@/giu, '$1***@'],
  // A token has a digit or a capital: `basic authentication` is plain text.
  [/\b([Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?=[\w.~+/=-]*[0-9A-Z])[\w.~+/=-]{8,}/gu, '$1 ***'],
  [/("(?:auth|password|identitytoken|registrytoken)"\s*:\s*")[^"]*/giu, '$1***'],
];

/** Removes what looks like a credential from text that is about to be printed. */
export function redact(text: string): string {
  return secrets.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}
