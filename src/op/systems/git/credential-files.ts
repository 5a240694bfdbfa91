import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

/**
 * The files in a workspace with credentials, by name. A mounted Secret has symbolic links to a folder `..data`: the links are followed,
 * and folders are skipped.
 * @throws OpError (input) when the directory or a file in it cannot be read
 */
export async function readCredentialFiles(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  try {
    for (const name of (await readdir(directory)).sort()) {
      const path = join(directory, name);
      if (!name.startsWith('..') && (await stat(path)).isFile()) files.set(name, await readFile(path, 'utf8'));
    }
  } catch (error) {
    throw inputError({
      what: `cannot read the credentials in ${directory}`,
      why: error instanceof Error ? error.message : String(error),
      hint: 'check that the Secret is bound to the workspace, and that this user may read it',
      cause: error,
    });
  }
  return files;
}
