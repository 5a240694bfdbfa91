import type { Context } from '../../context.js';
import { OpError, refusedError } from '../../kit/errors/op-error.js';
import type { Bell } from '../../kit/process/bell.js';
import { sleep } from '../../kit/process/sleep.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { HelmTest } from './check-hooks.js';
import { progressOfJob, progressOfPod, type Started, startedIn, type TestProgress } from './pod-state.js';

/** What was seen of one test in the cluster. */
export interface ObservedTest {
  readonly test: HelmTest;
  /** The uids that had its name before the run. */
  readonly before: ReadonlySet<string>;
  /** Undefined: no Pod or Job of this run was seen. */
  readonly progress: TestProgress | undefined;
  readonly removed: boolean;
}

/** Watches the Pods and Jobs of tests while they run. */
export interface Observer {
  readonly seen: () => readonly ObservedTest[];
  /** Watches until the context is aborted. @throws OpError */
  readonly follow: (context: Context, api: KubernetesApi) => Promise<unknown>;
  /** Resolves when the objects from before are known, so that the tests may start. */
  readonly ready: Promise<void>;
}

interface Changing {
  readonly test: HelmTest;
  before: ReadonlySet<string> | undefined;
  progress: TestProgress | undefined;
  removed: boolean;
}

/** @param bell rings at each change */
export function createObserver(tests: readonly HelmTest[], logs: LogStreams, bell: Bell): Observer {
  const changing = tests.map((test): Changing => ({ test, before: undefined, progress: undefined, removed: false }));
  let isReady = () => {};
  const ready = new Promise<void>((done) => {
    isReady = done;
  });
  const said = new Set<string>();
  const note = (one: Changing, progress: TestProgress, context: Context) => {
    const { name, kind, namespace } = one.test;
    const line = `test ${name}: ${progress.why}`;
    if (progress.is === 'waiting' && !said.has(line)) context.log.detail(line);
    said.add(line);
    if (progress.hopeless) {
      throw refusedError({
        what: `test ${name} cannot start`,
        why: progress.why,
        hint: `correct the image in the chart, or the permission to pull it: kubectl describe ${kind.toLowerCase()}/${name} --namespace ${namespace}`,
      });
    }
    // An ended test stays ended, whatever is seen of it during its deletion.
    if (one.progress?.is !== 'succeeded' && one.progress?.is !== 'failed') one.progress = progress;
  };
  const followTest = (one: Changing, context: Context, api: KubernetesApi) => {
    const { name, kind, namespace } = one.test;
    const progressOf = kind === 'Pod' ? progressOfPod : progressOfJob;
    const query = { namespace, fieldSelector: `metadata.name=${name}` };
    return api.follow(kind === 'Pod' ? kinds.pod : kinds.job, query, (objects, removed) => {
      if (one.before === undefined) {
        one.before = new Set(objects.keys());
        if (changing.every(({ before }) => before !== undefined)) isReady();
        return;
      }
      const isOurs = ({ metadata }: KubeObject) => !one.before?.has(metadata.uid);
      const [there] = [...objects.values()].filter(isOurs);
      const [gone] = removed.filter(isOurs);
      const object = there ?? gone;
      if (object === undefined) return;
      note(one, progressOf(object), context);
      one.removed = there === undefined;
      if (kind === 'Pod') logs.follow(one.test, object);
      bell.ring();
    });
  };
  /** The Pods of a Job have other names. */
  const followPodsOf = (one: Changing, api: KubernetesApi) => {
    const { name, kind, namespace } = one.test;
    if (kind === 'Pod') return [];
    let before: ReadonlySet<string> | undefined;
    return [
      api.follow(kinds.pod, { namespace, labelSelector: `job-name=${name}` }, (objects) => {
        before ??= new Set(objects.keys());
        for (const [uid, pod] of objects) if (!before.has(uid)) logs.follow(one.test, pod);
      }),
    ];
  };
  return {
    seen: () => changing.map((one) => ({ ...one, before: one.before ?? new Set() })),
    ready,
    follow: (context, api) =>
      Promise.race(changing.flatMap((one) => [followTest(one, context, api), ...followPodsOf(one, api)])),
  };
}

/** Prints the logs of test Pods as they come. */
export interface LogStreams {
  /** Starts to print the logs of the containers that have started, each once. */
  readonly follow: (test: HelmTest, pod: KubeObject) => void;
  /** Waits until all started logs are printed, but no longer than `milliseconds`. */
  readonly end: (context: Context, milliseconds: number) => Promise<void>;
}

export function createLogStreams(context: Context, api: KubernetesApi): LogStreams {
  const followed = new Set<string>();
  const going = new Set<Promise<void>>();
  const follow = async (test: HelmTest, pod: string, { container, alone }: Started) => {
    const name = alone ? test.name : `${test.name}/${container}`;
    const onLine = (line: string) => context.log.detail(`  ${name} | ${line}`);
    try {
      await api.logs(pod, { namespace: test.namespace, container, follow: true, onLine });
    } catch (error) {
      if (context.signal.aborted) return;
      const why = error instanceof OpError ? error.why : String(error);
      context.log.step(`  ${name} | (cannot read its log: ${why})`);
    }
  };
  return {
    follow: (test, pod) => {
      for (const started of startedIn(pod)) {
        if (followed.has(started.id)) continue;
        followed.add(started.id);
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
