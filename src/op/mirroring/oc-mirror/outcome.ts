import { printable } from '../../kit/log/printable.js';

/** How many images of a kind oc-mirror has copied, of how many. */
export interface Count {
  readonly kind: string;
  readonly copied: number;
  readonly total: number;
}

/** What a run of oc-mirror has said. */
export interface Said {
  readonly counts: readonly Count[];
  /** The last errors of its log. */
  readonly errors: readonly string[];
}

/** How many errors are worth repeating: the file that oc-mirror writes has them all. */
const lastErrors = 5;

/** Reads the log of oc-mirror line by line. Source of the lines: oc-mirror, `logResult` and `pkg/log` (August 2026). */
export function listen(): { readonly line: (line: string) => void; readonly said: () => Said } {
  const counts = new Map<string, Count>();
  const errors: string[] = [];
  return {
    line: (line) => {
      const [, copied, total, kind = ''] =
        /(\d+) \/ (\d+) (release|operator|additional|helm) images mirrored/u.exec(line) ?? [];
      if (copied !== undefined) counts.set(kind, { kind, copied: Number(copied), total: Number(total) });
      const [, error] = /\[ERROR\]\s*:\s*(.*)/u.exec(printable(line)) ?? [];
      if (error === undefined) return;
      errors.push(error.trim());
      if (errors.length > lastErrors) errors.shift();
    },
    said: () => ({ counts: [...counts.values()], errors }),
  };
}

/** The bits of an exit code. Source: oc-mirror, `internal/pkg/errcode`. */
const bits = [
  [2, 'images of an OpenShift release failed, which ends the run'],
  [4, 'images of operators failed'],
  [8, 'additional images failed'],
  [16, 'images of helm charts failed'],
  [1, 'something else failed'],
] as const;

/** What failed by the exit code, a sentence for each of its bits; none for 0. */
export function sentencesOf(exitCode: number | undefined): readonly string[] {
  if (exitCode === undefined) return ['it was killed'];
  if (exitCode > 31) return [`it ended with exit code ${exitCode}, which oc-mirror does not use`];
  return bits.flatMap(([bit, sentence]) => ((exitCode & bit) === 0 ? [] : [sentence]));
}

/** Images that the summary counts as not copied. */
export const failingOf = ({ counts }: Said): number =>
  counts.reduce((sum, { copied, total }) => sum + total - copied, 0);

/** Images that the summary counts as copied. */
export const copiedOf = ({ counts }: Said): number => counts.reduce((sum, { copied }) => sum + copied, 0);

/** `12 of 12 operator, 3 of 4 additional` */
export const countsText = ({ counts }: Said): string =>
  counts.map(({ kind, copied, total }) => `${copied} of ${total} ${kind}`).join(', ');
