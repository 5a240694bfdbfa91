import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { Bell } from '../../kit/process/bell.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { type Progress, progressOfJob, progressOfPod } from './pod-state.js';
import type { HelmTest } from './release.js';
import type { LogStreams } from './stream-logs.js';

/** What the cluster has shown of one test. */
export interface Seen {
  readonly test: HelmTest;
  /** What had its name before helm began. */
  readonly before: ReadonlySet<string>;
  /** Undefined: nothing of this run has been there. */
  readonly progress: Progress | undefined;
  readonly removed: boolean;
}

/** Looks at the Pods and Jobs of tests while helm runs them. */
export interface Observer {
  readonly seen: () => readonly Seen[];
  /** For ever, once it is known what is there already. @throws OpError */
  readonly follow: (context: Context, api: KubernetesApi) => Promise<unknown>;
  /** When it is known what was there before. */
  readonly ready: Promise<void>;
}

interface Changing {
  readonly test: HelmTest;
  before: ReadonlySet<string> | undefined;
  progress: Progress | undefined;
  removed: boolean;
}

/** @param bell is rung at each change */
export function createObserver(tests: readonly HelmTest[], logs: LogStreams, bell: Bell): Observer {
  const changing = tests.map((test): Changing => ({ test, before: undefined, progress: undefined, removed: false }));
  let isReady = () => {};
  const ready = new Promise<void>((done) => {
    isReady = done;
  });
  const said = new Set<string>();
  const note = (one: Changing, progress: Progress, context: Context) => {
    const { name, kind, namespace } = one.test;
    const line = `test ${name}: ${progress.why}`;
    if (progress.is === 'waiting' && !said.has(line)) context.log.progress(line);
    said.add(line);
    if (progress.hopeless) {
      throw refusedError({
        what: `test ${name} cannot begin`,
        why: progress.why,
        hint: `correct the image in the chart, or the right to pull it: kubectl describe ${kind.toLowerCase()}/${name} --namespace ${namespace}`,
      });
    }
    // What has ended has ended, whatever is seen of it while it is deleted.
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
  /** A Job's own Pods have other names. */
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
