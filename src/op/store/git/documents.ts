import type { Context } from '../../context.js';
import { OpError, refusedError } from '../../kit/errors/op-error.js';
import { lookUp, type TreeEntry } from '../../systems/git/objects.js';
import { type Body, largestBody, parseBody, textOf, unreadable } from '../documents/body.js';
import type { Document, Documents } from '../documents/documents.js';
import { fileOf, fileTextOf, jsonOfFile, pathOfFile } from '../documents/file.js';
import { checkPath, checkPrefix, isBelow } from '../documents/path.js';
import type { Branch } from './branch.js';
import type { Change } from './judge.js';

/** The folder of op's files in the branch; all others are left alone. */
export const folder = 'octopipeline';

/** A person may have formatted a file in another way than op. */
const largestFile = 2 * largestBody;

/** For the message of a commit: `Create environments/dev`. @param body undefined: the document is removed */
export type Summarize = (act: 'Create' | 'Change' | 'Remove', path: string, body: Body | undefined) => string;

/** Documents as files of a branch. The revision of a document is the id of its file: other files may change meanwhile. */
export function documentsIn(context: Context, branch: Branch, summarize: Summarize): Documents {
  const { place } = branch;
  const change = async (
    act: Parameters<Summarize>[0],
    path: string,
    body: Body | undefined,
    fits: Change['fits'],
  ): Promise<string | 'conflict'> => {
    const text = body && fileTextOf(path, textOf(path, body));
    return branch.change(context, { file: inFolder(path), text, summary: summarize(act, path, body), fits });
  };
  const written = (path: string, body: Body, id: string): Document | 'conflict' =>
    id === 'conflict' ? id : { path, body, revision: id };
  const at = (revision: string) => (found: TreeEntry | undefined) => found?.id === revision;
  const read = async (files: ReadonlyMap<string, TreeEntry>): Promise<readonly Document[]> => {
    for (const [path, { size }] of files) {
      if (size > largestFile) throw unreadable(path, place, `it has ${size} bytes; the maximum is ${largestFile}`);
    }
    const texts = await branch.texts(context, files.values());
    return [...files].map(([path, { id }]) => {
      const text = texts.get(id);
      if (text === undefined) throw unreadable(path, place, 'it is not UTF-8 text');
      return { path, body: bodyOf(path, place, text), revision: id };
    });
  };
  return {
    place,
    get: async (path) => {
      const file = inFolder(checkPath(path));
      const found = lookUp((await branch.read(context)).entries, file);
      if (found === undefined) return undefined;
      if (found.is !== 'file') throw notAFile(path, place, `${found.way} is a ${found.is}`);
      const [document] = await read(new Map([[path, found.entry]]));
      return document;
    },
    list: async (prefix) => {
      checkPrefix(prefix);
      const { entries } = await branch.read(context);
      const top = lookUp(entries, folder);
      if (top !== undefined) throw notAFile(folder, place, 'it is not a folder');
      const files = new Map<string, TreeEntry>();
      for (const [file, entry] of entries) {
        const path = pathOfFile(file.slice(`${folder}/`.length));
        if (path === undefined || !isBelow(prefix, path)) continue;
        if (!entry.mode.startsWith('100')) throw notAFile(path, place, `${file} is not a file`);
        files.set(path, entry);
      }
      return (await read(files)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
    },
    create: async (path, body) => {
      const id = await change('Create', checkPath(path), body, (found) => found === undefined);
      return written(path, body, id);
    },
    replace: async ({ path, revision }, body) => {
      const id = await change('Change', checkPath(path), body, at(revision));
      return written(path, body, id);
    },
    remove: async ({ path, revision }) => {
      const id = await change('Remove', checkPath(path), undefined, at(revision));
      return id === 'conflict' ? id : 'removed';
    },
  };
}

const inFolder = (path: string) => `${folder}/${fileOf(path)}`;

function bodyOf(path: string, place: string, text: string): Body {
  try {
    return parseBody(path, place, jsonOfFile(path, text));
  } catch (error) {
    // Such as YAML that cannot be read, or JSON that is nested too deeply.
    throw error instanceof OpError ? error : unreadable(path, place, String(error));
  }
}

const notAFile = (path: string, place: string, why: string) =>
  refusedError({
    what: `op does not read ${path} in ${place}`,
    why,
    hint: 'remove it from the branch: op follows no links',
  });
