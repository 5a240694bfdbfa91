import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import type { KubeObject, KubernetesApi } from '../../systems/kubernetes/api.js';
import { type Started, startedIn } from './pod-state.js';
import type { HelmTest } from './release.js';

/** The logs of test pods, line by line as they come. */
export interface LogStreams {
  /** Begins with the containers of a pod that have started, each once. */
  readonly follow: (test: HelmTest, pod: KubeObject) => void;
  /** Until all that has begun has been printed, but no longer than `milliseconds`. */
  readonly end: (context: Context, milliseconds: number) => Promise<void>;
}

export function createLogStreams(context: Context, api: KubernetesApi): LogStreams {
  const begun = new Set<string>();
  const going = new Set<Promise<void>>();
  const follow = async (test: HelmTest, pod: string, { container, alone }: Started) => {
    const name = alone ? test.name : `${test.name}/${container}`;
    const onLine = (line: string) => context.log.step(`  ${name} | ${line}`);
    try {
      await api.logs(pod, { namespace: test.namespace, container, follow: true, onLine });
    } catch (error) {
      if (context.signal.aborted) return;
      const why = error instanceof OpError ? error.why : String(error);
      context.log.step(`  ${name} | (its log cannot be read: ${why})`);
    }
  };
  return {
    follow: (test, pod) => {
      for (const started of startedIn(pod)) {
        if (begun.has(started.id)) continue;
        begun.add(started.id);
        const one = follow(test, pod.metadata.name, started).finally(() => going.delete(one));
        going.add(one);
      }
    },
    end: async (inner, milliseconds) => {
      const over = new AbortController();
      const late = sleep({ ...inner, signal: over.signal }, milliseconds).catch(() => undefined);
      await Promise.race([Promise.all(going), late]);
      over.abort(new Error('the logs have ended'));
    },
  };
}
