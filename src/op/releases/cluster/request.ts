import * as v from 'valibot';
import { environmentValue, valuesShape } from '../documents/shapes.js';

const number = v.pipe(v.number(), v.integer(), v.minValue(1));
const of = {
  /** The repository and the file, as references have them. */
  repo: v.string(),
  path: v.string(),
  number,
  environments: v.array(environmentValue),
};

/** What the pod of an item is asked for: the plan of a release, or a function of one of its items. */
export const requestShape = v.variant('do', [
  v.object({ do: v.literal('plan'), ...of }),
  v.object({
    do: v.literal('run'),
    ...of,
    commit: v.string(),
    /** The item of the plan, what it does, and the name for the log. */
    key: v.string(),
    action: v.string(),
    item: v.string(),
    inputs: valuesShape,
    environment: v.object({ name: v.string(), attributes: v.record(v.string(), v.string()) }),
  }),
]);
export type ItemRequest = v.InferOutput<typeof requestShape>;

/** Characters of a packed request: it is one argument of a program, and Linux takes 131,072. */
export const largestRequest = 100_000;
