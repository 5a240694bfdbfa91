import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { type CheckedHook, type HelmTest, testOf } from './check-hooks.js';
import type { DeletePolicy } from './release.js';

/** How op learns of the tests that it has created. */
export interface HookWatch {
  /** Waits until a test has ended or is gone. */
  readonly untilOver: (test: HelmTest) => Promise<'passed' | 'not passed'>;
  /** Waits for the logs, which a deletion would cut. */
  readonly untilLogged: () => Promise<void>;
}

/**
 * Creates the hooks of a release one after the other, as `helm test` does, until a test does not pass, and deletes them by their
 * policies. op does this itself so that what is created is what was checked, and in the namespace that is in the path of the request.
 * Source: helm.sh/helm/v3/pkg/action, execHook.
 * @throws OpError (refused) for an object that is there already, (tool)
 */
export async function runHooks(
  context: Context,
  api: KubernetesApi,
  hooks: readonly CheckedHook[],
  watch: HookWatch,
): Promise<void> {
  const remove = async (done: readonly CheckedHook[], policy: DeletePolicy) => {
    for (const hook of done) if (hook.policies.includes(policy)) await api.remove(hook.kind, hook.name, hook.namespace);
  };
  for (const [index, hook] of hooks.entries()) {
    if (hook.policies.includes('before-hook-creation')) await removeBefore(context, api, hook);
    const created = await api.create(hook.kind, hook.object, hook.namespace);
    if (created === 'conflict') throw thereAlready(hook);
    const test = testOf(hook);
    if (test === undefined || (await watch.untilOver(test)) === 'passed') continue;
    await watch.untilLogged();
    await remove([hook], 'hook-failed');
    await remove(hooks.slice(0, index), 'hook-succeeded');
    return;
  }
  await watch.untilLogged();
  await remove(hooks.toReversed(), 'hook-succeeded');
}

/** Deletes what an earlier run has left, and waits until its name is free. */
async function removeBefore(
  context: Context,
  api: KubernetesApi,
  { kind, name, namespace }: CheckedHook,
): Promise<void> {
  await api.remove(kind, name, namespace);
  while ((await api.get(kind, name, namespace)) !== undefined) await sleep(context, 250);
}

const thereAlready = ({ kind, name, namespace }: CheckedHook) =>
  refusedError({
    what: `${kind.kind} ${name} of the tests is not created`,
    why: `namespace ${namespace} has one of that name, or a quota that is being changed`,
    hint: `delete it with: kubectl delete ${kind.kind.toLowerCase()} ${name} --namespace ${namespace}, or give the hook the helm.sh/hook-delete-policy before-hook-creation`,
  });
