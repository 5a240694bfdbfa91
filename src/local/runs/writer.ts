import { writeAtomic } from '../../op/kit/files/write-atomic.js';
import { toYaml } from '../../tekton/yaml/emit.js';

/** Keeps a file equal to an object that changes often. */
export interface Writer extends AsyncDisposable {
  /** The object has changed: the file follows soon, and one write may do for many changes. */
  readonly changed: () => void;
  /** Resolves when the file is as the object is now. @throws what writing threw */
  readonly settled: () => Promise<void>;
}

/**
 * @param render the object as it is when it is written
 * @param rest milliseconds from the end of a write to the start of the next one
 */
export function writerOf(path: string, render: () => object, rest = 100): Writer {
  let stale = false;
  let writing: Promise<void> | undefined;
  let hurry: (() => void) | undefined;
  let failure: unknown;
  const work = async () => {
    while (stale) {
      stale = false;
      await writeAtomic(path, toYaml(render()), 0o600);
      if (stale && hurry === undefined) await pause();
    }
  };
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, rest);
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
    hurry?.();
    while (writing !== undefined) {
      hurry?.();
      await writing;
    }
    if (failure !== undefined) throw failure;
  };
  return { changed, settled, [Symbol.asyncDispose]: settled };
}
