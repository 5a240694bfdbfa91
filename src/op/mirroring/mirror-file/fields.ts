import * as v from 'valibot';
import { parseDuration } from '../../kit/options/duration.js';
import { parseBytes } from './bytes.js';
import { compilePattern } from './pattern.js';

/** A text that is not empty. */
export const text = v.pipe(v.string('must be a string'), v.trim(), v.nonEmpty('must not be empty'));
/** A whole number in a range. */
export const wholeNumber = (least: number, most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
/** Checks a text with a function that says what is wrong with it. */
export const checked = (problemOf: (value: string) => string | undefined) =>
  v.rawCheck<string>(({ dataset, addIssue }) => {
    const problem = dataset.typed ? problemOf(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  });

/** A regular expression for whole tags. */
export const pattern = v.pipe(
  text,
  checked((value) => {
    const compiled = compilePattern(value);
    return 'problem' in compiled ? `is not a regular expression: ${compiled.problem}` : undefined;
  }),
);
/** Such as `10m`. */
export const duration = v.pipe(
  text,
  checked((value) =>
    (parseDuration(value) ?? 0) > 0 ? undefined : 'must be a duration such as 90s, 10m or 1h30m, more than 0',
  ),
);
/** Bytes: a number, or such as `20GB`. */
export const byteCount = v.union(
  [
    wholeNumber(1, Number.MAX_SAFE_INTEGER),
    v.pipe(
      text,
      checked((value) =>
        parseBytes(value) === undefined ? 'must be bytes, such as 500MB, 20GB or 1.5GiB' : undefined,
      ),
    ),
  ],
  ({ issues }) =>
    issues?.find(({ message }) => message.startsWith('must be bytes'))?.message ??
    'must be bytes, such as 500MB or 20GB',
);
/** `sha256:…` */
export const digest = v.pipe(
  v.string('must be a string'),
  v.regex(/^sha256:[0-9a-f]{64}$/u, 'must be sha256: and 64 hexadecimal digits'),
);
/** A tag, perhaps pinned to a digest, or a version of a chart. */
export const tag = v.pipe(
  v.string('must be a string; quote a tag that looks like a number'),
  v.regex(/^\w[\w.+-]{0,127}(?:@sha256:[0-9a-f]{64})?$/u, 'must be a tag, or TAG@sha256:DIGEST'),
);

/** The sentence goes into the JSON Schema. */
export const described = <Schema extends v.GenericSchema>(schema: Schema, sentence: string) =>
  v.pipe(schema, v.description(sentence));

/** A list with at least one item. */
export const nonEmptyList = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item, 'must be a list'), v.nonEmpty('must not be empty'));
