import type { Context } from '../../context.js';
import type { Ended } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import type { Problem } from './answers/problem-of-answer.js';
import { problemIn } from './problem.js';

/** Milliseconds to wait before the second attempt, the third, and so on. */
export type Pauses = readonly number[];

/** crane itself retries for about eight seconds; a registry that limits requests needs longer. */
export const pauses: Pauses = [3000, 10_000, 30_000];

/** Retries what failed because a registry was busy (429, 5xx, a broken connection), but never what it refused. */
export async function retrying(
  context: Context,
  waits: Pauses,
  what: string,
  attempt: () => Promise<Ended>,
  judge: (output: string) => Problem = problemIn,
): Promise<Ended> {
  for (const wait of waits) {
    const ended = await attempt();
    if (ended.ended !== 'failed' || judge(ended.stderr) !== 'busy') return ended;
    context.log.progress(`${what}: the registry is busy, retrying in ${wait / 1000} s`);
    await sleep(context, wait);
  }
  return attempt();
}
