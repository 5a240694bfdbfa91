import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import { largestBody } from '../../store/documents/body.js';
import type { Documents } from '../../store/documents/documents.js';

/** Long texts in numbered documents, which an index names: a text that the index does not name yet has changed nothing. */
export interface Slots {
  /** The text of these documents, as far as they are there. */
  readonly read: (numbers: readonly number[]) => Promise<string>;
  /** Writes a text into documents that are not in use. @returns their numbers, in order @throws OpError (tool) */
  readonly write: (used: Iterable<number>, text: string) => Promise<readonly number[]>;
  readonly pathOf: (number: number) => string;
}

const slot = v.object({ images: v.string() });
/** Numbers of documents, in order: a long text has more than one. */
export const slotNumbers = v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));

/** Characters of one document. */
const largestPart = largestBody - 10_000;
/** How often a change is made again because another came first. */
export const attempts = 20;

/** Those below a folder. Numbers are used again, so that nothing has to be removed. */
export function slotsIn(documents: Documents, mirror: string, folder: string): Slots {
  const pathOf = (number: number) => `${folder}/${number}`;
  const writeOne = async (number: number, images: string): Promise<void> => {
    const path = pathOf(number);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const found = await documents.get(path);
      const body = { mirror, images };
      const written = await (found === undefined ? documents.create(path, body) : documents.replace(found, body));
      if (written !== 'conflict') return;
    }
    throw busy(path, documents.place);
  };
  return {
    pathOf,
    read: async (numbers) => {
      const parts = await Promise.all(numbers.map((number) => documents.get(pathOf(number))));
      return parts.map((part) => (part && v.is(slot, part.body) ? part.body.images : '')).join('');
    },
    write: async (used, text) => {
      const taken = new Set(used);
      const free: number[] = [];
      const parts = partsOf(text);
      for (let number = 1; free.length < parts.length; number += 1) if (!taken.has(number)) free.push(number);
      for (const [at, part] of parts.entries()) await writeOne(free[at] ?? 0, part);
      return free;
    },
  };
}

function partsOf(text: string): readonly string[] {
  const count = Math.ceil(text.length / largestPart);
  return Array.from({ length: count }, (_, at) => text.slice(at * largestPart, (at + 1) * largestPart));
}

export const busy = (path: string, place: string) =>
  toolError({
    what: `cannot write document ${path} to ${place}`,
    why: `another change came first in each of ${attempts} attempts`,
    hint: 'run it again; it is safe to repeat',
  });
