import type { BuiltImage } from '../build-result/build-result.js';
import { table } from '../log/table.js';
import { formatReference } from '../registry/reference.js';

/** How an image came to be there. */
export interface Outcome {
  readonly image: BuiltImage;
  readonly how: 'built' | 'reused';
  readonly seconds: number | undefined;
}

const digits = 12;

/** A table with one line an image. */
export function summarize(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ image, how, seconds }) => {
    const { digest, ...named } = image.reference;
    const short = digest?.slice('sha256:'.length, 'sha256:'.length + digits) ?? '-';
    return [image.imageName, formatReference(named), short, how, seconds === undefined ? '-' : `${seconds} s`];
  });
  return table([['IMAGE', 'TAG', 'DIGEST', 'HOW', 'TIME'], ...rows]);
}
