import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { withApi } from '../../systems/kubernetes/api.js';
import { type HolderRun, parseHolder, type RunState, stateOfRun } from './holder.js';
import type { Lease } from './lease.js';

/** Watches the run of whoever holds a Lease. */
export interface RunWatch {
  /** What is known of the holder's run by now; when more is known, `onChange` is called. */
  readonly stateOf: (lease: Lease) => RunState;
  readonly stop: () => Promise<void>;
}

interface Watched {
  readonly holder: string;
  state: RunState;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Looks in the cluster that op runs in, and only for a holder that runs there too: a run of that name that another cluster does not have
 * says nothing.
 * @param cluster as in the Lease; empty when op runs in no cluster
 */
export function createRunWatch(context: Context, cluster: string, onChange: () => void): RunWatch {
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
    stop: async () => {
      watched?.stop.abort();
      await watched?.ended;
    },
  };
}

/** Ends quietly: what cannot be known of a run is not needed, a Lease also expires. */
async function followRun(context: Context, run: HolderRun, onState: (state: RunState) => void): Promise<void> {
  const { kind, namespace, name } = run;
  const query = { fieldSelector: `metadata.name=${name}` };
  const tell = (found: Parameters<typeof stateOfRun>[1]) => onState(stateOfRun(run, found));
  try {
    await withApi(context, { namespace }, (api) => api.follow(kind, query, (found) => tell([...found.values()][0])));
  } catch (error) {
    if (context.signal.aborted) return;
    onState({ is: 'unknown' });
    const why = error instanceof OpError ? `${error.message}: ${error.why}` : String(error);
    context.log.step(
      `whether the holder's ${kind.kind} is over cannot be seen, only whether its Lease expires: ${why}`,
    );
  }
}
