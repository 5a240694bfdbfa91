/** How a server wants to be asked. Source: RFC 9110, "Authentication"; OCI distribution's token specification. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined };

/** Reads `WWW-Authenticate`: the first challenge that is Bearer, otherwise Basic; undefined for anything else. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) return undefined;
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/iu.exec(header)?.[1];
  if (bearer !== undefined) {
    const { realm, service } = Object.fromEntries(
      [...bearer.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"|(\w+)=([^",\s]+)/gu)].map(
        ([, quotedKey, quoted, key, value]) => [(quotedKey ?? key ?? '').toLowerCase(), quoted ?? value ?? ''] as const,
      ),
    );
    if (realm !== undefined) return { scheme: 'bearer', realm, service };
  }
  return /(?:^|,)\s*basic\b/iu.test(header) ? { scheme: 'basic' } : undefined;
}
