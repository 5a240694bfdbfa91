import { readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Context } from '../../op/context.js';
import type { DocumentFile } from '../documents/read.js';
import type { Checkout, Doors } from '../remote/doors.js';
import { group } from './annotations.js';
import { eventValues } from './event.js';
import { fillPlaceholders, placeholdersIn } from './placeholders.js';

const folder = '.tekton';

/** The folder `.tekton` that a path is in, or is; undefined if there is none. */
export function tektonFolder(path: string): string | undefined {
  const parts = path.split(sep);
  const index = parts.lastIndexOf(folder);
  return index === -1 ? undefined : parts.slice(0, index + 1).join(sep);
}

/** All YAML files of a folder and those in it, as Pipelines-as-Code reads them. */
export async function tektonFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && /\.ya?ml$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Fills the placeholders of templates; other files stay as they are. */
export interface Filler {
  /** @param directory where the file is */
  readonly fill: (file: DocumentFile, directory: string) => Promise<DocumentFile>;
  /** The values of the event, for the files of a directory. */
  readonly values: (directory: string) => Promise<ReadonlyMap<string, string>>;
  /** The top of the work tree that a directory is in; undefined if it is in none. */
  readonly root: (directory: string) => Promise<string | undefined>;
}

/** @param given values of the event */
export function createFiller(context: Context, doors: Doors | undefined, given: ReadonlyMap<string, string>): Filler {
  const checkouts = new Map<string, Promise<Checkout | undefined>>();
  const checkoutOf = (directory: string) => {
    // The folders of one `.tekton` are in one work tree.
    const top = dirname(tektonFolder(directory) ?? join(directory, folder));
    const looking = checkouts.get(top) ?? doors?.checkout(context, top) ?? Promise.resolve(undefined);
    checkouts.set(top, looking);
    return looking;
  };
  const values: Filler['values'] = async (directory) => eventValues(await checkoutOf(directory), given);
  return {
    values,
    root: async (directory) => (await checkoutOf(directory))?.root,
    fill: async (file, directory) => {
      const isTemplate = tektonFolder(directory) !== undefined || file.text.includes(group);
      if (!isTemplate || placeholdersIn(file.text).length === 0) return file;
      return { source: file.source, ...fillPlaceholders(file.text, await values(directory)) };
    },
  };
}
