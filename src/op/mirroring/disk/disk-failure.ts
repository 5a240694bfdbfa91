import { isNoSpace } from '../../kit/errors/no-space.js';
import { OpError } from '../../kit/errors/op-error.js';
import { NotPlain } from '../../kit/files/open-plain.js';
import { oneLine } from '../../kit/log/printable.js';

/** The disk does not do what it must: no image can be written any more. */
export class DiskFailure extends OpError {
  constructor(what: string, why: string, hint: string, cause?: unknown) {
    super('tool', { what: oneLine(what, 300), why, hint, cause });
    this.name = 'DiskFailure';
  }
}

/** Does something with files of the disk. @throws DiskFailure */
export async function onDisk<Value>(disk: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotPlain) {
      throw new DiskFailure(`${disk} is not as op writes it`, error.message, 'use an empty disk', error);
    }
    if (error instanceof OpError || !(error instanceof Error) || !('syscall' in error)) throw error;
    throw new DiskFailure(`cannot write to ${disk}`, error.message, hintFor(error), error);
  }
}

const freed = 'the next run takes what was downloaded from there';

function hintFor(error: Error): string {
  const code = 'code' in error ? error.code : '';
  if (isNoSpace(error)) return `make room on the disk, or use a larger one; ${freed}`;
  if (code === 'EROFS') return 'the disk is read-only: mount it for writing';
  if (code === 'EACCES' || code === 'EPERM') return 'give the user of op the right to write there';
  if (code === 'EFBIG') return 'its file system has no files of this size: give --part-size=4GB';
  return `check the disk and its connection; ${freed}`;
}
