/** The mistakes of `mistakes/*.md`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A heading, where it is found, a part of what the author reads (or why it passes), and the code. */
export interface Mistake {
  readonly file: string;
  readonly name: string;
  readonly layer: string;
  readonly says: string;
  readonly code: string;
}

const entry = /^## (.+)\n(?:\n?(\w+): (.+)\n)?\n?```ts\n([\s\S]*?)\n```$/gmu;

export const mistakes: readonly Mistake[] = readdirSync(join(import.meta.dirname, 'mistakes'))
  .toSorted()
  .flatMap((file) => {
    const page = readFileSync(join(import.meta.dirname, 'mistakes', file), 'utf8');
    return [...page.matchAll(entry)].map(([, name = '', layer = '', says = '', code = '']) => ({
      file,
      name,
      layer,
      says,
      code,
    }));
  });
