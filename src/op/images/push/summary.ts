import { bytes, table } from '../../kit/log/table.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

/** How an image came to be there. */
export interface Outcome {
  readonly image: BuiltImage;
  readonly how: 'built' | 'reused';
  /** What was reused: `3 of 5 steps cached`, `same content`; empty for nothing. */
  readonly detail: string;
  readonly engine: string;
  readonly seconds: number | undefined;
  /** Bytes in the registry, compressed. */
  readonly size: number | undefined;
}

const digits = 12;

/** A table with one line an image. */
export function summarize(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ image, how, detail, engine, seconds, size }) => {
    const { digest, ...named } = image.reference;
    return [
      image.imageName,
      formatReference(named),
      digest?.slice('sha256:'.length, 'sha256:'.length + digits) ?? '-',
      size === undefined ? '-' : bytes(size),
      engine,
      detail === '' ? how : `${how} (${detail})`,
      seconds === undefined ? '-' : `${seconds} s`,
    ];
  });
  return table([['IMAGE', 'TAG', 'DIGEST', 'SIZE', 'ENGINE', 'HOW', 'TIME'], ...rows]);
}
