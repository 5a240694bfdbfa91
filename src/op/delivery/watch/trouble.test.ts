import { describe, expect, test } from 'vitest';
import {
  fluxOf,
  fluxPart,
  generationObject,
  type PodPlay,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from '../../../../test/op/cluster-objects.js';
import { demandsOf, deployed, image, none, repository, right, runs, wrong } from '../../../../test/op/judging.js';
import { type KubeObject, kinds } from '../../systems/kubernetes/api.js';
import { judge } from './judge.js';
import type { Snapshot } from './snapshot.js';

describe('what ends a rollout early', () => {
  const waiting = (reason: string, message = '', restartCount = 0) => ({
    c0: { imageID: '', ready: false, started: false, restartCount, state: { waiting: { reason, message } } },
  });
  const half = { status: { updatedReplicas: 1, availableReplicas: 0 } };
  const troublesOn = (objects: KubeObject[], more: Partial<Snapshot> = {}) =>
    judge(snapshotOf(objects, more), demandsOf(), none).troubles.map(({ kind, patience }) => `${kind} ${patience}`);

  test.each<readonly [string, PodPlay['containers'], readonly string[]]>([
    ['pulling', waiting('ContainerCreating'), []],
    ['a pull that failed once', waiting('ErrImagePull', 'not found'), ['tool 60000']],
    ['no such image', waiting('ImagePullBackOff', 'Back-off pulling image: ErrImagePull: not found'), ['tool 0']],
    ['not allowed', waiting('ImagePullBackOff', 'pull access denied, repository does not exist'), ['tool 0']],
    ['unauthorized', waiting('ImagePullBackOff', '401 Unauthorized'), ['tool 0']],
    ['a registry that is away', waiting('ImagePullBackOff', 'dial tcp: i/o timeout'), ['tool 60000']],
    ['an older kubelet says no reason', waiting('ImagePullBackOff', 'Back-off pulling image "x"'), ['tool 60000']],
    ['no image name', waiting('InvalidImageName', 'couldn’t parse'), ['tool 0']],
    ['no Secret', waiting('CreateContainerConfigError', 'secret "x" not found'), ['tool 60000']],
    ['crashed twice', waiting('CrashLoopBackOff', '', 2), []],
    ['a crash loop', waiting('CrashLoopBackOff', '', 3), ['tool 0']],
    ['runs, and is not ready', { c0: { imageID: runs(right), ready: false, started: true } }, ['tool 120000']],
    ['starts slowly, and may', { c0: { imageID: runs(right), ready: false, started: false } }, []],
  ])('%s', (_, containers, expected) => {
    expect(troublesOn(deployed([image], containers, half))).toEqual(expected);
  });

  test('of a long message the beginning and the end are shown: the reason stands at the end', () => {
    const message = `Back-off pulling image: ${'x'.repeat(900)}: not found`;
    const { troubles } = judge(
      snapshotOf(deployed([image], waiting('ImagePullBackOff', message), half)),
      demandsOf(),
      none,
    );
    expect(troubles[0]?.why).toMatch(/ImagePullBackOff: Back-off pulling image: x+ … x+: not found$/u);
    expect(troubles[0]?.why.length).toBeLessThan(500);
  });

  test('a readiness probe that takes long by its own numbers has as much time', () => {
    const slow = { image, readinessProbe: { initialDelaySeconds: 300, periodSeconds: 10, failureThreshold: 6 } };
    expect(troublesOn(deployed([slow], { c0: { imageID: runs(right), ready: false, started: true } }, half))).toEqual([
      'tool 360000',
    ]);
  });

  test('pods of an older template, or of a template that is not the expected one, may fail as they like', () => {
    const template = templateOf([image]);
    const deployment = workloadObject({ template, ...half });
    const before = generationObject(kinds.replicaSet, deployment, templateOf([`${repository}/web:v0`]));
    expect(
      troublesOn([deployment, before, podObject(before, { containers: waiting('CrashLoopBackOff', '', 9) })]),
    ).toEqual([]);
    expect(troublesOn(deployed([`${repository}/web:v0`], waiting('CrashLoopBackOff', '', 9), half))).toEqual([]);
  });

  test('nothing is failed before the registry has said whether it is the expected image', () => {
    const objects = deployed([`${repository}/web@${wrong}`], waiting('CrashLoopBackOff', '', 9), half);
    expect(troublesOn(objects)).toEqual([]);
  });

  test('an init container may take its time, and may crash as little as others', () => {
    const running = { i0: { imageID: runs(right), ready: false, started: true } };
    expect(troublesOn(deployed(['busybox'], running, half, [image]))).toEqual([]);
    const crashed = { i0: waiting('CrashLoopBackOff', '', 3).c0 };
    expect(troublesOn(deployed(['busybox'], crashed, half, [image]))).toEqual(['tool 0']);
  });

  test('what failed before the watch began has a moment to be mended', () => {
    const objects = deployed([image], waiting('CrashLoopBackOff', '', 9), half);
    const [workload] = snapshotOf(objects).workloads;
    const before = new Map([[workload?.uid ?? '', workload?.template ?? '']]);
    const busy = fluxOf([fluxPart(kinds.helmRelease, { status: { lastHandledReconcileAt: 'before' } })]);
    expect(troublesOn(objects, { before, flux: busy })).toEqual(['tool 15000']);
    expect(troublesOn(objects, { before: new Map(), flux: busy })).toEqual(['tool 0']);
    expect(troublesOn(objects, { before })).toEqual(['tool 0']);
  });

  test('quota, admission and the deadline of the Deployment', () => {
    const template = templateOf([image]);
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
    ];
    const late = workloadObject({ template, status: { updatedReplicas: 0, conditions } });
    expect(troublesOn([late])).toEqual(['tool 3000']);
    const unseen = workloadObject({
      template,
      generation: 2,
      status: { observedGeneration: 1, updatedReplicas: 0, conditions },
    });
    expect(troublesOn([unseen])).toEqual([]);
    const deployment = workloadObject({ template, status: { updatedReplicas: 0 } });
    const failure = {
      conditions: [
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: small' },
      ],
    };
    const set = generationObject(kinds.replicaSet, deployment, template, failure);
    expect(judge(snapshotOf([deployment, set]), demandsOf(), none).troubles).toMatchObject([
      {
        patience: 15_000,
        why: expect.stringContaining('exceeded quota'),
        hint: 'kubectl describe quota --namespace=shop',
      },
    ]);
    const stateful = workloadObject({ kind: kinds.statefulSet, template, status: { updatedReplicas: 0 } });
    const failedCreates = [{ of: stateful.metadata.uid, message: 'violates PodSecurity' }];
    expect(troublesOn([stateful], { failedCreates })).toEqual(['tool 15000']);
    expect(troublesOn([stateful], { failedCreates: [{ of: 'other', message: 'x' }] })).toEqual([]);
  });
});
