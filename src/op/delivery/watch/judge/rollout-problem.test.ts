import { describe, expect, test } from 'vitest';
import {
  fluxOf,
  fluxPart,
  type PodPlay,
  podControllerObject,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from '../../../../../test/op/cluster-objects.js';
import {
  deployed,
  image,
  none,
  repository,
  requirementsOf,
  right,
  runs,
  wrong,
} from '../../../../../test/op/judging.js';
import { type KubeObject, kinds } from '../../../systems/kubernetes/api.js';
import type { Snapshot } from '../read/snapshot.js';
import { judgeSnapshot } from './judge-snapshot.js';

describe('what ends a rollout early', () => {
  const waiting = (reason: string, message = '', restartCount = 0) => ({
    c0: { imageID: '', ready: false, started: false, restartCount, state: { waiting: { reason, message } } },
  });
  const half = { status: { updatedReplicas: 1, availableReplicas: 0 } };
  const problemsOn = (objects: KubeObject[], more: Partial<Snapshot> = {}) =>
    judgeSnapshot(snapshotOf(objects, more), requirementsOf(), none).problems.map(
      ({ kind, gracePeriod }) => `${kind} ${gracePeriod}`,
    );

  test.each<readonly [string, PodPlay['containers'], readonly string[]]>([
    ['pulling', waiting('ContainerCreating'), []],
    ['a pull that failed once', waiting('ErrImagePull', 'not found'), ['tool 60000']],
    ['no such image', waiting('ImagePullBackOff', 'Back-off pulling image: ErrImagePull: not found'), ['tool 0']],
    ['not allowed', waiting('ImagePullBackOff', 'pull access denied, repository does not exist'), ['tool 0']],
    ['unauthorized', waiting('ImagePullBackOff', '401 Unauthorized'), ['tool 0']],
    ['a registry that cannot be reached', waiting('ImagePullBackOff', 'dial tcp: i/o timeout'), ['tool 60000']],
    ['an older kubelet gives no reason', waiting('ImagePullBackOff', 'Back-off pulling image "x"'), ['tool 60000']],
    ['an invalid image name', waiting('InvalidImageName', 'couldn’t parse'), ['tool 0']],
    ['no Secret', waiting('CreateContainerConfigError', 'secret "x" not found'), ['tool 60000']],
    ['crashed twice', waiting('CrashLoopBackOff', '', 2), []],
    ['a crash loop', waiting('CrashLoopBackOff', '', 3), ['tool 0']],
    ['running but not ready', { c0: { imageID: runs(right), ready: false, started: true } }, ['tool 120000']],
    ['a slow start is allowed', { c0: { imageID: runs(right), ready: false, started: false } }, []],
  ])('%s', (_, containers, expected) => {
    expect(problemsOn(deployed([image], containers, half))).toEqual(expected);
  });

  test('a long message is shortened in the middle: the reason is at the end', () => {
    const message = `Back-off pulling image: ${'x'.repeat(900)}: not found`;
    const { problems } = judgeSnapshot(
      snapshotOf(deployed([image], waiting('ImagePullBackOff', message), half)),
      requirementsOf(),
      none,
    );
    expect(problems[0]?.why).toMatch(/ImagePullBackOff: Back-off pulling image: x+ … x+: not found$/u);
    expect(problems[0]?.why.length).toBeLessThan(500);
  });

  test('a readiness probe gets the time that its own settings allow', () => {
    const slow = { image, readinessProbe: { initialDelaySeconds: 300, periodSeconds: 10, failureThreshold: 6 } };
    expect(problemsOn(deployed([slow], { c0: { imageID: runs(right), ready: false, started: true } }, half))).toEqual([
      'tool 360000',
    ]);
  });

  test('failing pods of an older template, or of a template that is not the expected one, are ignored', () => {
    const template = templateOf([image]);
    const deployment = workloadObject({ template, ...half });
    const before = podControllerObject(kinds.replicaSet, deployment, templateOf([`${repository}/web:v0`]));
    expect(
      problemsOn([deployment, before, podObject(before, { containers: waiting('CrashLoopBackOff', '', 9) })]),
    ).toEqual([]);
    expect(problemsOn(deployed([`${repository}/web:v0`], waiting('CrashLoopBackOff', '', 9), half))).toEqual([]);
  });

  test('there are no problems before the registry has said whether it is the expected image', () => {
    const objects = deployed([`${repository}/web@${wrong}`], waiting('CrashLoopBackOff', '', 9), half);
    expect(problemsOn(objects)).toEqual([]);
  });

  test('an init container may run for long, but may not crash more often than others', () => {
    const running = { i0: { imageID: runs(right), ready: false, started: true } };
    expect(problemsOn(deployed(['busybox'], running, half, [image]))).toEqual([]);
    const crashed = { i0: waiting('CrashLoopBackOff', '', 3).c0 };
    expect(problemsOn(deployed(['busybox'], crashed, half, [image]))).toEqual(['tool 0']);
  });

  test('a problem that is older than the watch has some time to be fixed', () => {
    const objects = deployed([image], waiting('CrashLoopBackOff', '', 9), half);
    const [workload] = snapshotOf(objects).workloads;
    const initialTemplates = new Map([[workload?.uid ?? '', workload?.templateHash ?? '']]);
    const busy = fluxOf([fluxPart(kinds.helmRelease, { status: { lastHandledReconcileAt: 'before' } })]);
    expect(problemsOn(objects, { initialTemplates, flux: busy })).toEqual(['tool 15000']);
    expect(problemsOn(objects, { initialTemplates: new Map(), flux: busy })).toEqual(['tool 0']);
    expect(problemsOn(objects, { initialTemplates })).toEqual(['tool 0']);
  });

  test('quota, admission and the deadline of the Deployment', () => {
    const template = templateOf([image]);
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
    ];
    const late = workloadObject({ template, status: { updatedReplicas: 0, conditions } });
    expect(problemsOn([late])).toEqual(['tool 3000']);
    const unseen = workloadObject({
      template,
      generation: 2,
      status: { observedGeneration: 1, updatedReplicas: 0, conditions },
    });
    expect(problemsOn([unseen])).toEqual([]);
    const deployment = workloadObject({ template, status: { updatedReplicas: 0 } });
    const failure = {
      conditions: [
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: small' },
      ],
    };
    const set = podControllerObject(kinds.replicaSet, deployment, template, failure);
    expect(judgeSnapshot(snapshotOf([deployment, set]), requirementsOf(), none).problems).toMatchObject([
      {
        gracePeriod: 15_000,
        why: expect.stringContaining('exceeded quota'),
        hint: 'kubectl describe quota --namespace=shop',
      },
    ]);
    const stateful = workloadObject({ kind: kinds.statefulSet, template, status: { updatedReplicas: 0 } });
    const failedCreates = [{ of: stateful.metadata.uid, message: 'violates PodSecurity' }];
    expect(problemsOn([stateful], { failedCreates })).toEqual(['tool 15000']);
    expect(problemsOn([stateful], { failedCreates: [{ of: 'other', message: 'x' }] })).toEqual([]);
  });
});
