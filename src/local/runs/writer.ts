import { writeAtomic } from '../../op/kit/files/write-atomic.js';

/** Keeps a file equal to an object that changes often. */
export interface Writer extends AsyncDisposable {
  /** The object has changed: the file follows soon, and one write may do for many changes. */
  readonly changed: () => void;
  /** Resolves when the file is as the object is now. @throws what writing threw */
  readonly settled: () => Promise<void>;
}

/**
 * @param render the text of the object as it is when it is written
 * @param rest the least milliseconds from the end of a write to the start of the next one
 */
export function writerOf(path: string, render: () => string, rest = 250): Writer {
  let stale = false;
  let writing: Promise<void> | undefined;
  let hurry: (() => void) | undefined;
  let awaited = false;
  let failure: unknown;
  const work = async () => {
    while (stale) {
      stale = false;
      const began = performance.now();
      const text = render();
      const took = performance.now() - began;
      await writeAtomic(path, text, 0o600);
      // The object of a thousand tasks takes long to make: that must not be all that op does.
      if (stale && !awaited) await pause(Math.max(rest, 10 * took));
    }
  };
  const pause = (length: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, length);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    }).finally(() => {
      hurry = undefined;
    });
  const changed = () => {
    stale = true;
    writing ??= work()
      .catch((error: unknown) => {
        failure ??= error;
        stale = false;
      })
      .finally(() => {
        writing = undefined;
      });
  };
  const settled = async () => {
    awaited = true;
    hurry?.();
    while (writing !== undefined) await writing;
    awaited = false;
    if (failure !== undefined) throw failure;
  };
  return { changed, settled, [Symbol.asyncDispose]: settled };
}
