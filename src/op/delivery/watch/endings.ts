import { deadlineError, inputError, type OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { type Component, nameOfComponent } from './component.js';
import type { Judgement } from './judge.js';
import type { Snapshot } from './snapshot.js';
import type { Trouble } from './trouble.js';

/** What was seen last, for whoever has to explain how it ended. */
export interface LastSeen {
  /** What op was at before it saw anything. */
  doing: string;
  component?: Component;
  snapshot?: Snapshot;
  judgement?: Judgement;
  trouble?: Trouble;
}

/** Something ended it early: exit 3 for what a person has to configure, else 4. */
export function failureOf(component: Component, { kind, why, hint }: Trouble): OpError {
  const make = kind === 'input' ? inputError : toolError;
  return make({ what: `${nameOfComponent(component)} does not get the expected images`, why, hint });
}

/** All is finished, and it is not what was expected: exit 6. */
export function refusalOf(component: Component, { why, hint }: Judgement): OpError {
  const { kind, namespace } = component;
  const look = `kubectl get deployments,statefulsets,daemonsets,cronjobs --namespace=${namespace} --output=wide`;
  const manifests =
    'check that the manifests name the images of this build (op set-image writes them), and that they were pushed to what Flux reads; ' +
    'if something writes them later by itself, such as image automation, wait for that with --reconcile=false';
  return refusedError({
    what: `${nameOfComponent(component)} does not run the expected images, and its rollout is finished`,
    why,
    hint: hint ?? (kind === 'Workload' ? look : manifests),
  });
}

/** The time is over: exit 5. */
export function latenessOf(what: string, { component, judgement, doing }: LastSeen): OpError {
  const [trouble] = judgement?.troubles ?? [];
  const where = component === undefined ? '' : ` --namespace=${component.namespace}`;
  const look = `look at it with: kubectl get events --sort-by=.lastTimestamp${where}, or give it a longer --timeout`;
  return deadlineError({
    what,
    why: `it still waited for ${judgement?.why ?? doing}${trouble === undefined ? '' : `; ${trouble.why}`}`,
    hint: trouble?.hint ?? judgement?.hint ?? look,
  });
}
