/** Secrets that a program of a user has named, and text without them. */
export interface Masking {
  /** From now on it is a secret. Returns it. */
  readonly secret: (value: string) => string;
  readonly masked: (text: string) => string;
  /** Whether JSON text contains one. */
  readonly isIn: (json: string) => boolean;
}

/** Starts without secrets. */
export function masking(): Masking {
  const secrets: string[] = [];
  return {
    secret: (value) => {
      if (value !== '') secrets.push(value);
      return value;
    },
    masked: (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text),
    isIn: (json) => secrets.some((secret) => json.includes(JSON.stringify(secret).slice(1, -1))),
  };
}
