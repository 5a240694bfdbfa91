import { rm } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { run } from '../process/run.js';

/** Removes a tree of files, including directories that their owner may not write to. */
export async function removeTree(context: Context, path: string): Promise<void> {
  const removal = { recursive: true, force: true } as const;
  try {
    await rm(path, removal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')))
      throw error;
    // The caches of some languages are read-only. chmod -R does not follow links that it finds.
    await run(
      { ...context, signal: new AbortController().signal },
      { program: 'chmod', args: ['-R', 'u+rwX', '--', path] },
    );
    await rm(path, removal);
  }
}
