import type { Context } from '../context.js';
import { kinds, openApi } from '../systems/kubernetes/api.js';
import { findSchedule, nextStarts } from './cron-jobs.js';
import { localText } from './next.js';
import type { ClusterFlags } from './options.js';

/** Pauses a schedule, or lets it go on. Starts that were missed meanwhile are not made up for. @throws OpError (input, tool) */
export async function setPaused(context: Context, request: ClusterFlags, name: string, paused: boolean): Promise<void> {
  const { log } = context;
  await using api = await openApi(context, request);
  const schedule = await findSchedule(api, name);
  if (schedule.paused === paused) log.step(`${name} is ${paused ? 'paused' : 'not paused'} already`);
  else await api.patch(kinds.cronJob, name, { spec: { suspend: paused } });
  if (paused) {
    log.step(`paused ${name}: op schedule resume ${name} lets it go on`);
    return;
  }
  const [next] = nextStarts(schedule.cron, schedule.timeZone, api.now(), 1);
  log.step(`${name} starts next ${next === undefined ? 'never' : localText(next, schedule.timeZone)}`);
}
