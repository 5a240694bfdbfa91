import * as v from 'valibot';
import { messageBytes, messageLimit } from '../../kit/results/message.js';
import { canBeTag, mostTags } from '../documents/names.js';
import { planShape, valuesShape } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { pack, unpack } from './packed.js';

const tag = v.pipe(v.string(), v.check(canBeTag));
const tagsShape = v.optional(v.pipe(v.array(tag), v.maxLength(mostTags)));

/** What the pod of an item gives back. */
export const answerShape = v.variant('is', [
  v.object({
    is: v.literal('planned'),
    plan: planShape,
    registered: v.array(v.object({ name: v.string(), attributes: v.record(v.string(), v.string()) })),
  }),
  v.object({ is: v.literal('refused'), what: v.string(), why: v.string(), hint: v.string() }),
  v.object({ is: v.literal('complete'), output: valuesShape, tags: tagsShape }),
  v.object({ is: v.literal('failed'), error: v.string() }),
]);
export type Answer = v.InferOutput<typeof answerShape>;

/** The name of the result. */
export const answerResult = 'ANSWER';

/** A line of the log with a part of an answer. */
const linePrefix = 'octopipeline-answer ';
const partLength = 8000;
const byDigest = 'sha256:';

/** An answer as it is handed on. */
export interface Encoded {
  readonly result: string;
  /** For the log: an answer that is too large for a result, which then only has its digest. */
  readonly lines: readonly string[];
}

/** Whether an answer is a result by itself. Only such an answer is as durable as its TaskRun: a log goes with the pod. */
export const fitsResult = (word: string): boolean => messageBytes({ [answerResult]: word }) <= messageLimit;

export function encodeAnswer(answer: Answer): Encoded {
  const word = pack(answer);
  if (fitsResult(word)) return { result: word, lines: [] };
  const parts = word.match(new RegExp(`.{1,${partLength}}`, 'gu')) ?? [];
  return { result: `${byDigest}${digestOf(word)}`, lines: parts.map((part) => `${linePrefix}${part}`) };
}

/**
 * Reads an answer. The pod runs code of the repository: nothing in it is believed before it has been checked.
 * @param readLog gives the log of the step, for an answer that is only there
 * @returns undefined for what is none
 */
export async function decodeAnswer(result: string, readLog: () => Promise<string>): Promise<Answer | undefined> {
  if (!result.startsWith(byDigest)) return unpack(answerShape, result);
  const lines = (await readLog()).split('\n').filter((line) => line.startsWith(linePrefix));
  const word = lines.map((line) => line.slice(linePrefix.length)).join('');
  return `${byDigest}${digestOf(word)}` === result ? unpack(answerShape, word) : undefined;
}
