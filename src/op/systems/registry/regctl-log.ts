import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import type { Ended } from '../../kit/process/run.js';

/** Flags for a log that `judged` can read: one JSON object per line, with every request, which needs the level trace. */
export const logging = ['--logopt=json', '--verbosity=trace'];

const logLine = v.looseObject({
  level: v.string(),
  msg: v.string(),
  'req-url': v.optional(v.string(), ''),
  'resp-status': v.optional(v.string()),
  err: v.optional(v.string()),
});

/**
 * What regctl says, without its log; and a failure where only its log shows one: when it cannot fetch the list of referrers, for whatever
 * reason, regctl continues as if the list were empty.
 */
export function judged(ended: Ended): Ended {
  const lines = ended.stderr.split('\n');
  const said = lines.filter((line) => !line.startsWith('{')).join('\n');
  if (ended.ended !== 'ok') return { ...ended, stderr: said };
  const lost = lines.flatMap((line) => (line.startsWith('{') ? lostReferrers(line) : []));
  return lost.length === 0 ? { ...ended, stderr: said } : { ...ended, ended: 'failed', stderr: lost.join('\n') };
}

function lostReferrers(line: string): readonly string[] {
  const read = parseJson(logLine, line);
  if (read === undefined) return [];
  const { msg, 'req-url': url, 'resp-status': status, err } = read;
  if (msg.startsWith('Failed to recover from short read')) return [`${msg}: unexpected EOF`];
  if (msg !== 'reg http request' || !url.includes('/referrers/')) return [];
  if (status === undefined) return [`cannot list referrers: ${err ?? 'no answer'}: unexpected EOF`];
  // With 404 and the like the registry has no such list.
  const busy = /^(?:408|429|500|502|503|504)\b/u.exec(status)?.[0];
  return busy === undefined ? [] : [`cannot list referrers: the registry answered ${status} [http ${busy}]`];
}
