import * as v from 'valibot';
import { described, nonEmptyList, pattern, wholeNumber } from './fields.js';
import { sortings } from './tag-selection.js';

/** What `op mirror prune` keeps of the images that are not selected any more. */
const keep = v.pipe(
  v.strictObject(
    {
      newest: v.optional(
        described(
          wholeNumber(1, 100_000),
          'In each repository of the destination, this many of those that are not selected any more, of the newest.',
        ),
      ),
      sort: v.optional(
        described(
          v.picklist(sortings),
          'What newest means: the order of the tags; one that has no place in it is kept. Without it, what was copied last.',
        ),
      ),
      days: v.optional(
        described(
          wholeNumber(1, 36_500),
          'What a run has found to be gone from the selection less than this many days ago.',
        ),
      ),
      tags: v.optional(described(nonEmptyList(pattern), 'Regular expressions; what matches one as a whole is kept.')),
      runs: v.optional(
        described(wholeNumber(1, 200), 'What the destination had after one of this many newest recorded runs.'),
      ),
    },
    'must be an object with newest, days, tags or runs',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { newest, sort, days, tags, runs } = dataset.value;
    const wrong = (key: string, message: string) =>
      addIssue({ message, path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: undefined }] });
    if ((newest ?? days ?? tags ?? runs) === undefined) wrong('newest', 'is missing: give newest, days, tags or runs');
    if (sort !== undefined && newest === undefined) wrong('sort', 'has no effect without newest');
  }),
);

/** Allows `op mirror prune`, and says what it keeps. */
export const pruneRules = v.strictObject(
  { keep: described(keep, 'What is kept of the images that are not selected any more: one rule is enough.') },
  'must be an object with keep',
);
/** What is kept. */
export type KeepRules = v.InferOutput<typeof keep>;
