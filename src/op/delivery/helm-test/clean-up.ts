import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { Seen } from './observe.js';

/** Milliseconds; a second Ctrl-C is at once. */
const patience = 15_000;

/** Removes the Pods and Jobs of this run after helm was stopped in its midst: nobody waits for them, and the next run would stumble over them. */
export async function cleanUp(context: Context, api: KubernetesApi, tests: readonly Seen[]): Promise<void> {
  const own = api.within({ ...context, signal: AbortSignal.timeout(patience) });
  for (const { test, before } of tests) {
    const { name, namespace } = test;
    const kind = test.kind === 'Pod' ? kinds.pod : kinds.job;
    try {
      const found = await own.get(kind, name, namespace);
      if (found === undefined || before.has(found.metadata.uid)) continue;
      await own.remove(kind, name, namespace);
      context.log.step(`removed ${test.kind} ${name} of the test that was stopped`);
    } catch (error) {
      const why = error instanceof OpError ? error.why : 'the API server did not answer';
      context.log.warn(`${test.kind} ${name} in namespace ${namespace} could not be removed: ${why}`);
    }
  }
}
