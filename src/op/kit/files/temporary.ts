import type { Context } from '../../context.js';
import { makePrivateDirectory } from './private-directory.js';

/** Gives `act` a directory that only this user can enter, and removes it afterwards, however `act` ends. */
export async function withTemporaryDirectory<T>(
  context: Pick<Context, 'env'>,
  purpose: string,
  act: (directory: string) => Promise<T>,
): Promise<T> {
  const { path, dispose } = await makePrivateDirectory(context, purpose);
  try {
    return await act(path);
  } finally {
    await dispose();
  }
}
