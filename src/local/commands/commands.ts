import type { Context } from '../../op/context.js';
import type { FetchImage } from '../contract.js';
import type { RunEnd } from '../pipeline-run/objects.js';
import { homeOf } from '../runs/home.js';
import { listRuns, readRun } from '../runs/store.js';
import { cancelRun, deleteRuns } from './end-runs.js';
import { showLogs } from './logs.js';
import { describeRun, type Form, oneName, showList } from './read-runs.js';
import { openShell } from './shell.js';

interface Kept {
  readonly state?: string | undefined;
}

/** `op local list`. */
export async function list(context: Context, { state, output }: Kept & { readonly output: Form }): Promise<void> {
  showList(context, await listRuns(homeOf(context, state)), output);
}

/** `op local describe`. */
export async function describe(
  context: Context,
  { state, output }: Kept & { readonly output: Form },
  words: readonly string[],
): Promise<void> {
  describeRun(context, await readRun(homeOf(context, state), oneName(words, 'describe')), output);
}

/** `op local logs`. */
export async function logs(
  context: Context,
  { state, ...request }: Kept & { readonly follow: boolean; readonly task: readonly string[] },
  words: readonly string[],
): Promise<void> {
  await showLogs(context, homeOf(context, state), oneName(words, 'logs'), request);
}

/** `op local cancel`. */
export async function cancel(
  context: Context,
  { state, grace }: Kept & { readonly grace?: RunEnd | undefined },
  words: readonly string[],
): Promise<void> {
  await cancelRun(context, homeOf(context, state), oneName(words, 'cancel'), grace ?? 'Cancelled');
}

/** `op local shell`. */
export async function shell(
  context: Context,
  { state }: Kept,
  words: readonly string[],
  fetchImage: FetchImage,
): Promise<void> {
  await openShell(context, homeOf(context, state), words, fetchImage);
}

/** `op local delete`. */
export async function remove(context: Context, { state }: Kept, words: readonly string[]): Promise<void> {
  const names = words.length > 0 ? words : [oneName(words, 'delete')];
  await deleteRuns(context, homeOf(context, state), names);
}
