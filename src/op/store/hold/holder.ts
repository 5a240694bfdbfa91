import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { namespaceName, ownerName, startTime } from '../../kit/process/owner.js';
import { type Kind, type KubeObject, kinds, openApi } from '../../systems/kubernetes/api.js';
import type { LockState } from './lock.js';

/** A Tekton run that holds a lock: `pipelinerun/NAMESPACE/NAME/UID` or `taskrun/…`. */
export interface HolderRun {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const runKinds: ReadonlyMap<string, Kind> = new Map([
  ['pipelinerun', kinds.pipelineRun],
  ['taskrun', kinds.taskRun],
]);

/** Undefined for a holder that is not a run, such as a person. */
export function parseHolder(holder: string): HolderRun | undefined {
  const [word = '', namespace = '', name = '', uid = '', ...more] = holder.split('/');
  const kind = runKinds.get(word);
  if (kind === undefined || more.length > 0 || [namespace, name, uid].includes('')) return undefined;
  return { kind, namespace, name, uid };
}

/** Whether a text can be a holder. */
export const canHold = (holder: string): boolean => /^[\x21-\x7e]{1,500}$/u.test(holder);

/** A command of a person: `USER@HOST/OWNER-RANDOM`, with the name that `ownerName` gives its process. */
const processForm = /^([\w.@-]+)\/([0-9a-f]{12})-([0-9]+)-([0-9]+)-[0-9a-f]{6}$/u;

/** Who runs op. The user of a container often has no name. */
export function userOf({ env }: Pick<Context, 'env'>): string {
  const given = env.USER || env.LOGNAME;
  if (given) return given;
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** A holder for one command of this process: no other has the same, so none continues with its lock. */
export async function holderOfProcess({ env }: Pick<Context, 'env'>): Promise<string> {
  const readable = `${userOf({ env })}@${hostname()}`.replace(/[^\w.@-]/gu, '_').slice(0, 200);
  return `${readable}/${(await ownerName(process.pid)) ?? process.pid}-${randomBytes(3).toString('hex')}`;
}

/** Whether the process of a holder has ended, as far as this machine and PID namespace can tell. */
export async function stateOfProcess(holder: string): Promise<RunState> {
  const [, , namespace, pid = '', start] = processForm.exec(holder) ?? [];
  if (namespace === undefined || namespace !== (await namespaceName())) return { is: 'unknown' };
  return (await startTime(pid)) === start ? { is: 'running' } : { is: 'over', why: `its process ${pid} has ended` };
}

/** For messages: `PipelineRun ci/deliver-x7`, `ann@build-7 (process 4711)`, or the holder as written when it is neither. */
export function nameOfHolder(holder: string): string {
  const run = parseHolder(holder);
  if (run !== undefined) return `${run.kind.kind} ${run.namespace}/${run.name}`;
  const [, who, , pid] = processForm.exec(holder) ?? [];
  return who === undefined ? oneLine(holder) : `${who} (process ${pid})`;
}

/** What is known about a holder's run; for `over`, `why` says how. */
export type RunState = { readonly is: 'unknown' | 'running' } | { readonly is: 'over'; readonly why: string };

const shape = v.object({
  status: v.object({
    conditions: v.array(v.object({ type: v.string(), status: v.string(), reason: v.optional(v.string(), '') })),
  }),
});

/** Judges a run by the object of its name in the cluster. */
export function stateOfRun(run: HolderRun, found: KubeObject | undefined): RunState {
  const name = `its ${run.kind.kind} ${run.namespace}/${run.name}`;
  if (found === undefined) return { is: 'over', why: `${name} no longer exists` };
  if (found.metadata.uid !== run.uid) return { is: 'over', why: `${name} was deleted; another run has its name now` };
  const read = v.safeParse(shape, found);
  const succeeded = read.success ? read.output.status.conditions.find(({ type }) => type === 'Succeeded') : undefined;
  if (succeeded === undefined || succeeded.status === 'Unknown') return { is: 'running' };
  const end = succeeded.status === 'True' ? 'has succeeded' : 'has failed';
  return { is: 'over', why: `${name} ${end} (${oneLine(succeeded.reason)})` };
}

/** Watches the run that holds a lock; the end of its `await using` stops that. */
export interface HolderRunWatch extends AsyncDisposable {
  /** What is known about the holder's run so far; `onChange` is called when that changes. */
  readonly stateOf: (found: Pick<LockState, 'holder' | 'cluster'>) => RunState;
}

interface Watched {
  readonly holder: string;
  state: RunState;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Looks in the cluster that op runs in, and only for a holder that runs there too: whether a run exists in another cluster cannot be
 * seen from here.
 * @param cluster as in the lock; empty when op does not run in a cluster
 */
export function watchHolderRun(context: Context, cluster: string, onChange: () => void): HolderRunWatch {
  let watched: Watched | undefined;
  const start = (holder: string, run: HolderRun): Watched => {
    const stop = new AbortController();
    const inner = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
    const watching: Watched = { holder, state: { is: 'unknown' }, stop, ended: Promise.resolve() };
    const ended = followRun(inner, run, (state) => {
      watching.state = state;
      onChange();
    });
    return Object.assign(watching, { ended });
  };
  return {
    stateOf: ({ holder, cluster: of }) => {
      const run = parseHolder(holder);
      if (run === undefined || cluster === '' || of !== cluster) return { is: 'unknown' };
      if (watched?.holder !== holder) {
        watched?.stop.abort();
        watched = start(holder, run);
      }
      return watched.state;
    },
    [Symbol.asyncDispose]: async () => {
      watched?.stop.abort();
      await watched?.ended;
    },
  };
}

/** Never fails: without the state of the run, the lock still expires. */
async function followRun(context: Context, run: HolderRun, onState: (state: RunState) => void): Promise<void> {
  const { kind, namespace, name } = run;
  const query = { fieldSelector: `metadata.name=${name}` };
  const tell = (found: Parameters<typeof stateOfRun>[1]) => onState(stateOfRun(run, found));
  try {
    await using api = await openApi(context, { namespace });
    await api.follow(kind, query, (found) => tell([...found.values()][0]));
  } catch (error) {
    if (context.signal.aborted) return;
    onState({ is: 'unknown' });
    const why = error instanceof OpError ? `${error.message}: ${error.why}` : String(error);
    context.log.step(
      `cannot see whether the ${kind.kind} of the holder has ended, only whether the lock expires: ${why}`,
    );
  }
}
