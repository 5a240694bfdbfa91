import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import { type Body, unreadable } from '../../store/documents/body.js';
import type { Document, Documents } from '../../store/documents/documents.js';

/** How often a change is made again because another came first. */
const attempts = 50;

type Shape<Value> = v.GenericSchema<unknown, Value>;

/** The value of a document. @throws OpError (tool) when it is none that op wrote */
function readAs<Value>(documents: Documents, shape: Shape<Value>, { path, body }: Document): Value {
  const parsed = v.safeParse(shape, body);
  if (parsed.success) return parsed.output;
  throw unreadable(path, documents.place, v.summarize(parsed.issues));
}

/** The document at a path; undefined when there is none. @throws OpError (tool) */
export async function readOne<Value>(
  documents: Documents,
  shape: Shape<Value>,
  path: string,
): Promise<Value | undefined> {
  const found = await documents.get(path);
  return found && readAs(documents, shape, found);
}

/** The documents of a folder. @throws OpError (tool) */
export async function readAll<Value>(
  documents: Documents,
  shape: Shape<Value>,
  folder: string,
): Promise<readonly Value[]> {
  return (await documents.list(folder)).map((found) => readAs(documents, shape, found));
}

/**
 * Changes a document at the revision that was read; when another change came first, `change` gets the newer one.
 * @param change returns what it was given to leave it, and undefined to remove it
 * @returns the document as it is then
 * @throws OpError (tool)
 */
export async function changeOne<Value extends object>(
  documents: Documents,
  shape: Shape<Value>,
  path: string,
  change: (found: Value | undefined) => Value | undefined,
): Promise<Value | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await documents.get(path);
    const before = found && readAs(documents, shape, found);
    const after = change(before);
    if (after === before) return before;
    if ((await write(documents, path, found, after)) !== 'conflict') return after;
  }
  throw toolError({
    what: `cannot write ${path} to ${documents.place}`,
    why: `another change came first in each of ${attempts} attempts`,
    hint: 'run it again; it is safe to repeat',
  });
}

function write(documents: Documents, path: string, found: Document | undefined, after: object | undefined) {
  if (after === undefined) return found === undefined ? 'removed' : documents.remove(found);
  return found === undefined ? documents.create(path, bodyOf(after)) : documents.replace(found, bodyOf(after));
}

/** As JSON has it: without keys that are undefined. */
export const bodyOf = (value: object): Body => JSON.parse(JSON.stringify(value));
