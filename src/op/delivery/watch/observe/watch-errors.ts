import { deadlineError, inputError, type OpError, refusedError, toolError } from '../../../kit/errors/op-error.js';
import type { Judgement } from '../judge/judge-snapshot.js';
import type { RolloutProblem } from '../judge/rollout-problem.js';
import { type Component, componentName } from '../read/component.js';
import type { WatchStatus } from './watch-status.js';

/** A problem ended the watch: exit 3 when users have to change a configuration, else 4. */
export function problemError(component: Component, { kind, why, hint }: RolloutProblem): OpError {
  const make = kind === 'input' ? inputError : toolError;
  return make({ what: `${componentName(component)} cannot roll out the expected images`, why, hint });
}

/** Everything is finished, and something else is running: exit 6. */
export function mismatchError(component: Component, { why, hint }: Judgement): OpError {
  const { kind, namespace } = component;
  const workloads = `kubectl get deployments,statefulsets,daemonsets,cronjobs --namespace=${namespace} --output=wide`;
  const manifests =
    'check that the manifests name the images of this build (op set-image writes them), and that they were pushed to the source that Flux reads; ' +
    'if something writes them later, such as image automation, wait for it with --reconcile=false';
  return refusedError({
    what: `${componentName(component)} finished its rollout, but does not run the expected images`,
    why,
    hint: hint ?? (kind === 'Workload' ? workloads : manifests),
  });
}

/** The time is up: exit 5. */
export function timeoutError(what: string, { component, judgement, waitingFor }: WatchStatus): OpError {
  const [problem] = judgement?.problems ?? [];
  const namespace = component === undefined ? '' : ` --namespace=${component.namespace}`;
  const events = `see the events with: kubectl get events --sort-by=.lastTimestamp${namespace}, or give a longer --timeout`;
  return deadlineError({
    what,
    why: `still waiting for ${judgement?.why ?? waitingFor}${problem === undefined ? '' : `; ${problem.why}`}`,
    hint: problem?.hint ?? judgement?.hint ?? events,
  });
}
