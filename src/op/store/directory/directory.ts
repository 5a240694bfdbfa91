import { readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { OpError, toolError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { parseBody, textOf } from '../documents/body.js';
import { configMapsIn } from '../documents/config-maps.js';
import type { Document, Documents } from '../documents/documents.js';
import { lockIn } from '../documents/locks.js';
import { checkPath, checkPrefix } from '../documents/path.js';
import type { Store } from '../documents/store.js';
import { holdLock } from '../hold/hold.js';
import { aheadOf } from './clock.js';
import { updateCopy } from './copy.js';
import { walkTo } from './folders.js';
import { addRevision, idOf, numbersIn, type Revision, readNewest, revisionsFolder, sweep } from './revisions.js';

const pollEvery = 250;
/** Documents that are read at once. */
const atOnce = 16;

/**
 * Opens a store in a directory, which is made by the first write. Several processes may use it, on several machines too if they share the
 * file system, which must have hard links.
 */
export async function openDirectoryStore(context: Context, directory: string): Promise<Store> {
  const path = resolve(context.cwd, directory);
  // The directory itself may be a symbolic link: that is the choice of whoever named it.
  const root = await realpath(path).catch(() => path);
  await sweep(root).catch(() => undefined);
  return storeFor(context, root, path);
}

function storeFor(context: Context, root: string, shown: string): Store {
  const place = `the directory ${shown}`;
  const documents = (inner: Context) => documentsIn(inner, root, place);
  const own = documents(context);
  return {
    ...own,
    kind: 'directory',
    configMaps: configMapsIn(own, (files) => `cat ${files.map((file) => join(shown, file)).join(' ')}`),
    hold: (name, claim) => {
      checkPath(name);
      const clockAhead = (inner: Context) =>
        aheadOf(inner, root).catch((error: unknown) => {
          throw failureOf(`cannot write to ${place}`, error);
        });
      return holdLock(context, lockIn(context, { documents, pollEvery, clockAhead }, name), claim);
    },
    within: (inner) => storeFor(inner, root, shown),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function documentsIn({ signal }: Context, root: string, place: string): Documents {
  const act = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw error instanceof OpError ? error : failureOf(`cannot ${what} ${place}`, error);
    }
  };
  const asDocument = (path: string, { id, text }: Revision): Document | undefined =>
    text === undefined ? undefined : { path, body: parseBody(path, place, text), revision: id };
  const change = async (path: string, text: string | undefined, fits: (newest: Revision | undefined) => boolean) => {
    const began = Date.now();
    const newest = await readNewest(root, path);
    if (!fits(newest)) return 'conflict';
    const number = newest?.number ?? 0;
    if (!(await addRevision(root, path, { after: number, began, text }))) return 'conflict';
    await updateCopy(root, path);
    return number + 1;
  };
  const written = async (path: string, body: Document['body'], fits: (newest: Revision | undefined) => boolean) => {
    const text = textOf(path, body);
    const number = await change(path, text, fits);
    return number === 'conflict' ? number : { path, body, revision: idOf(number, text) };
  };
  const get = async (path: string) => {
    const newest = await updateCopy(root, path);
    return newest && asDocument(path, newest);
  };
  return {
    place,
    get: (path) => act(`read document ${checkPath(path)} in`, () => get(path)),
    list: (prefix) =>
      act(`list the documents ${checkPrefix(prefix)} in`, async () => {
        const paths = await pathsBelow(root, prefix === '' ? [] : prefix.split('/'));
        const found = valuesOf(await mapConcurrently(paths, atOnce, get));
        return found.filter((one) => one !== undefined).toSorted((a, b) => (a.path < b.path ? -1 : 1));
      }),
    create: (path, body) =>
      act(`write document ${checkPath(path)} to`, () => written(path, body, (newest) => newest?.text === undefined)),
    replace: ({ path, revision }, body) =>
      act(`write document ${checkPath(path)} to`, () =>
        written(path, body, (newest) => newest?.id === revision && newest.text !== undefined),
      ),
    remove: ({ path, revision }) =>
      act(`remove document ${checkPath(path)} from`, async () => {
        const done = await change(path, undefined, (newest) => newest?.id === revision && newest.text !== undefined);
        return done === 'conflict' ? done : 'removed';
      }),
  };
}

/** The paths of the documents below a folder, also of those that were removed. */
async function pathsBelow(root: string, names: readonly string[]): Promise<readonly string[]> {
  const folder = await walkTo(root, [revisionsFolder, ...names]);
  if (folder === undefined) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const paths = await Promise.all(
    below.map(async ({ name }) => {
      const inner = await pathsBelow(root, [...names, name]);
      const has = numbersIn(await readdir(join(folder, name))).length > 0;
      return has ? [[...names, name].join('/'), ...inner] : inner;
    }),
  );
  return paths.flat();
}

function failureOf(what: string, cause: unknown): OpError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const links = /^E(?:PERM|NOTSUP|OPNOTSUPP|NOSYS|MLINK|XDEV)\b.*\blink\b/u.test(why);
  return toolError({
    what,
    why: links ? `its file system has no hard links (${why})` : why,
    hint: links
      ? 'choose a directory on another file system with --store'
      : 'check the directory, its rights and its free space, or choose another with --store',
    cause,
  });
}
