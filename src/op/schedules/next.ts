import type { Context } from '../context.js';
import { usageError } from '../kit/errors/op-error.js';
import { openApi } from '../systems/kubernetes/api.js';
import { findSchedule, nextStarts } from './cron-jobs.js';
import type { NextRequest } from './options.js';

/**
 * Prints when a schedule starts next: one of the cluster by its name, or one as it is written.
 * @throws OpError (usage, input, tool)
 */
export async function showNext(context: Context, request: NextRequest, name: string | undefined): Promise<void> {
  const { schedule, count } = request;
  if ((schedule === undefined) === (name === undefined)) {
    throw usageError({
      what: 'op schedule next needs one schedule',
      why: 'it is the name of one in the cluster, or --schedule',
      hint: 'type op schedule next NAME, or op schedule next --schedule="0 3 * * *" --time-zone=Europe/Berlin',
    });
  }
  if (name !== undefined) {
    await using api = await openApi(context, request);
    const { cron, timeZone, paused } = await findSchedule(api, name);
    show(context, cron, timeZone, nextStarts(cron, timeZone, api.now(), count));
    if (paused) context.log.step(`it is paused: none of them starts until op schedule resume ${name}`);
    return;
  }
  show(context, schedule ?? '', request.timeZone, nextStarts(schedule ?? '', request.timeZone, context.now(), count));
}

function show({ out, log }: Context, cron: string, timeZone: string, starts: readonly Date[]): void {
  if (starts.length === 0) log.step(`"${cron}" never starts in the next five years`);
  out(starts.map((start) => `${localText(start, timeZone)}\n`).join(''));
}

/** `2026-11-28T03:00+01:00 Europe/Berlin` */
export function localText(instant: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    dateStyle: 'short',
    timeStyle: 'short',
  }).formatToParts(instant);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  const named = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(instant);
  const offset = named.find(({ type }) => type === 'timeZoneName')?.value.slice('GMT'.length) || 'Z';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}${offset} ${timeZone}`;
}
