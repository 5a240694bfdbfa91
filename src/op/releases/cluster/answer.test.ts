import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { messageBytes, messageLimit } from '../../kit/results/message.js';
import { type Answer, decodeAnswer, encodeAnswer } from './answer.js';
import { pack } from './packed.js';

const planned = (text: string): Answer => ({
  is: 'planned',
  plan: { name: 'shop', environments: [], phases: [], documents: { a: text } },
  registered: [],
});
const noLog = () => Promise.reject(new Error('there is no log'));

test('a small answer is a result by itself', async () => {
  const { result, lines } = encodeAnswer(planned('x'.repeat(10_000)));
  expect(lines).toEqual([]);
  expect(messageBytes({ ANSWER: result })).toBeLessThanOrEqual(messageLimit);
  expect(await decodeAnswer(result, noLog)).toEqual(planned('x'.repeat(10_000)));
});

test('a large one is in the log, between other lines, and the result has its digest', async () => {
  const answer = planned(randomBytes(30_000).toString('hex'));
  const { result, lines } = encodeAnswer(answer);
  expect(lines.length).toBeGreaterThan(1);
  expect(messageBytes({ ANSWER: result })).toBeLessThanOrEqual(messageLimit);
  const log = ['a line of the code', ...lines.flatMap((line) => [line, 'another']), ''].join('\n');
  expect(await decodeAnswer(result, async () => log)).toEqual(answer);
  expect(await decodeAnswer(result, async () => log.slice(0, -100))).toBeUndefined();
  expect(
    await decodeAnswer(result, async () => `octopipeline-answer ${pack(planned('forged'))}\n${log}`),
  ).toBeUndefined();
  expect(await decodeAnswer(result, async () => '')).toBeUndefined();
});

test.each([
  '',
  '../../etc/passwd',
  'AAAA',
  pack({ is: 'complete' }),
  pack('text'),
  pack({ is: 'complete', output: 'text' }),
  pack({ is: 'complete', output: {}, tags: ['r1'] }),
  pack({ is: 'complete', output: {}, tags: ['a/b'] }),
])('what is no answer is none: %j', async (word) => expect(await decodeAnswer(word, noLog)).toBeUndefined());
