import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { parseJson } from '../../kit/json/parse-json.js';

/** What earlier runs have read. It follows from a digest, so that nothing needs to be read twice, which registries count as pulls. */
export interface Known {
  /** What is known under a key; what `find` finds is kept, unless it is undefined. */
  readonly recall: <Schema extends v.GenericSchema>(
    key: string,
    schema: Schema,
    find: () => Promise<v.InferOutput<Schema> | undefined>,
  ) => Promise<v.InferOutput<Schema> | undefined>;
  /** What was added to a list before, and adds to it. */
  readonly add: (key: string, value: string) => readonly string[];
  /** Writes what was asked for. @param isAll nothing else will be needed */
  readonly keep: (isAll: boolean) => Promise<void>;
}

const shape = v.record(v.string(), v.unknown());
const texts = v.array(v.string());
/** Values of a list that are kept. */
const mostValues = 10;

/** Reads what an earlier run has kept; a file that cannot be read is as good as none. */
export async function openKnown(file: string): Promise<Known> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const earlier = new Map(Object.entries(parseJson(shape, text) ?? {}));
  const asked = new Map<string, unknown>();
  let isChanged = false;
  return {
    recall: async (key, schema, find) => {
      const read = v.safeParse(schema, asked.get(key) ?? earlier.get(key));
      if (read.success && read.output !== undefined) {
        asked.set(key, read.output);
        return read.output;
      }
      const found = await find();
      if (found === undefined) return undefined;
      asked.set(key, found);
      isChanged = true;
      return found;
    },
    add: (key, value) => {
      const read = v.safeParse(texts, asked.get(key) ?? earlier.get(key));
      const values = read.success ? read.output : [];
      isChanged ||= !values.includes(value);
      asked.set(key, [...values.filter((one) => one !== value), value].slice(-mostValues));
      return values;
    },
    keep: async (isAll) => {
      if (isAll ? !isChanged && asked.size === earlier.size : !isChanged) return;
      const kept = Object.fromEntries(isAll ? asked : new Map([...earlier, ...asked]));
      await writeAtomic(file, `${JSON.stringify(kept, undefined, 1)}\n`);
    },
  };
}
