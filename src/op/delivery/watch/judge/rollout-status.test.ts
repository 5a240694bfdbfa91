import { describe, expect, test } from 'vitest';
import {
  type Play,
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
  verdictOn,
  wrong,
} from '../../../../../test/op/judging.js';
import { kinds } from '../../../systems/kubernetes/api.js';
import { judgeSnapshot } from './judge-snapshot.js';

describe('the rollout of a Deployment', () => {
  test.each<readonly [string, Partial<Play>, RegExp]>([
    [
      'its controller has not observed it',
      { generation: 2, status: { observedGeneration: 1 } },
      /^waiting: .*generation 2/u,
    ],
    ['nothing updated', { status: { updatedReplicas: 0 } }, /^waiting: .*0 of 1 pods have the new template/u],
    ['old pods next to new ones', { status: { replicas: 2 } }, /^waiting: .*1 old pods are pending termination/u],
    ['not available', { status: { availableReplicas: 0 } }, /^waiting: .*0 of 1 pods are available/u],
    ['more are desired: an autoscaler', { spec: { replicas: 3 } }, /^waiting: .*1 of 3/u],
    ['paused, and finished', { spec: { paused: true } }, /^proven$/u],
    [
      'more pods in the status than found',
      { spec: { replicas: 2 }, status: { replicas: 2, updatedReplicas: 2, availableReplicas: 2 } },
      /^waiting: .*1 of 2 pods were found/u,
    ],
    [
      'scaled to zero: nothing runs',
      { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      /./u,
    ],
  ])('%s', (_, play, expected) => {
    expect(verdictOn(deployed([image], { c0: runs(right) }, play))).toMatch(expected);
  });

  test('a rollout that is paused half-way has to be resumed by the user', () => {
    const objects = deployed([image], { c0: runs(right) }, { spec: { paused: true }, status: { updatedReplicas: 0 } });
    const { problems } = judgeSnapshot(snapshotOf(objects), requirementsOf(), none);
    expect(problems[0]).toMatchObject({
      kind: 'input',
      gracePeriod: 0,
      hint: 'kubectl rollout resume deployment/web --namespace=shop',
    });
  });

  test('a ready pod of the old template proves nothing, and a terminating one disproves nothing', () => {
    const template = templateOf([image]);
    const deployment = workloadObject({ template });
    const set = podControllerObject(kinds.replicaSet, deployment, template);
    const before = podControllerObject(kinds.replicaSet, deployment, templateOf([`${repository}/web:v0`]));
    const containers = { c0: runs(right) };
    const [fresh, stale] = [podObject(set, { containers }), podObject(before, { name: 'old', containers })];
    expect(verdictOn([deployment, set, before, fresh, stale])).toMatch(
      /^waiting: .*1 pod of an older template to terminate/u,
    );
    expect(verdictOn([deployment, set, before, stale])).toMatch(/^waiting: /u);
    const ending = podObject(before, { name: 'old', containers: { c0: runs(wrong) }, terminating: true });
    expect(judgeSnapshot(snapshotOf([deployment, set, before, fresh, ending]), requirementsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: ['1 pod of Deployment web is still terminating'],
    });
    const evicted = podObject(set, { name: 'evicted', containers: { c0: '' }, phase: 'Failed' });
    expect(verdictOn([deployment, set, fresh, evicted])).toBe('proven');
  });

  test('pods of other workloads with the same labels do not count', () => {
    const objects = deployed([image], { c0: runs(right) });
    const other = workloadObject({ name: 'other', template: templateOf(['other:1']) });
    const set = podControllerObject(kinds.replicaSet, other, templateOf(['other:1']));
    expect(verdictOn([...objects, other, set, podObject(set, { name: 'x', containers: { c0: runs(wrong) } })])).toBe(
      'proven',
    );
  });

  test('a workload scaled to zero proves nothing by itself, and is a note next to others', () => {
    const template = templateOf([image]);
    const zero = { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } };
    const empty = workloadObject({ name: 'worker', template, ...zero });
    expect(verdictOn([empty])).toMatch(/^refused: no pod runs web .*: Deployment worker is scaled to zero$/u);
    expect(
      judgeSnapshot(snapshotOf([...deployed([image], { c0: runs(right) }), empty]), requirementsOf(), none),
    ).toMatchObject({
      verdict: 'proven',
      notes: ['Deployment worker is scaled to zero: only its template was compared'],
    });
  });
});

describe('StatefulSet, DaemonSet, CronJob', () => {
  const template = templateOf([image]);
  const revision = (name: string) => ({ labels: { 'controller-revision-hash': name } });
  const set = (play: Partial<Play> = {}) => workloadObject({ kind: kinds.statefulSet, template, ...play });
  const containers = { c0: runs(right) };
  const two = { replicas: 2, updatedReplicas: 1, availableReplicas: 2 };

  test.each<readonly [string, Partial<Play>, RegExp]>([
    ['finished', { status: { updatedReplicas: 2 } }, /^proven$/u],
    ['one pod still missing', {}, /^waiting: .*1 of 2 pods have the new template/u],
    [
      'a partition keeps the old one',
      { spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } } },
      /^refused: .*partition 1 keeps 1 pods/u,
    ],
    [
      'OnDelete keeps the old one',
      { spec: { replicas: 2, updateStrategy: { type: 'OnDelete' } } },
      /^refused: .*OnDelete: 1 old pods/u,
    ],
  ])('StatefulSet: %s', (_, play, expected) => {
    const object = set({ ...play, spec: { replicas: 2, ...play.spec }, status: { ...two, ...play.status } });
    const both = (play.status?.updatedReplicas ?? 1) === 2;
    const pods = [
      podObject(object, { name: 'web-1', containers, ...revision('new') }),
      podObject(object, { name: 'web-0', containers, ...revision(both ? 'new' : 'old') }),
    ];
    expect(verdictOn([object, ...pods])).toMatch(expected);
  });

  const daemon = (play: Partial<Play> = {}) =>
    workloadObject({
      kind: kinds.daemonSet,
      template,
      annotations: { 'deprecated.daemonset.template.generation': '2' },
      ...play,
    });
  const number = (text: string) => ({ labels: { 'pod-template-generation': text } });
  test.each<readonly [string, Partial<Play>, string, RegExp]>([
    ['finished', {}, '2', /^proven$/u],
    ['a pod of the previous template', {}, '1', /^waiting: .*older template/u],
    ['not on every node', { status: { updatedNumberScheduled: 0 } }, '1', /^waiting: .*0 of 1/u],
    [
      'OnDelete',
      { spec: { updateStrategy: { type: 'OnDelete' } }, status: { updatedNumberScheduled: 0 } },
      '1',
      /^refused: .*OnDelete/u,
    ],
  ])('DaemonSet: %s', (_, play, label, expected) => {
    const object = daemon(play);
    expect(verdictOn([object, podObject(object, { containers, ...number(label) })])).toMatch(expected);
  });

  test('a DaemonSet that is scheduled to no node runs nothing', () => {
    const nowhere = {
      desiredNumberScheduled: 0,
      currentNumberScheduled: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
    };
    expect(verdictOn([daemon({ status: nowhere })])).toMatch(
      /^refused: no pod runs web .*: DaemonSet web is scheduled to no node$/u,
    );
  });

  test('a CronJob is compared by its template, and by the pods of its Jobs once it has run', () => {
    const cron = (status = {}, spec = {}) => workloadObject({ kind: kinds.cronJob, template, status, spec });
    expect(judgeSnapshot(snapshotOf([cron()]), requirementsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: ['CronJob web has never run: only its template was compared'],
    });
    const ran = cron({ lastScheduleTime: '2026-11-21T00:00:00Z' }, { suspend: true });
    const job = podControllerObject(kinds.job, ran, template);
    const done = (imageID: string) =>
      podObject(job, {
        containers: { c0: { imageID, state: { terminated: { exitCode: 0 } }, ready: false } },
        phase: 'Succeeded',
      });
    expect(judgeSnapshot(snapshotOf([ran, job, done(runs(right))]), requirementsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: ['CronJob web is suspended'],
    });
    expect(verdictOn([ran, job, done('x')])).toMatch(/^refused: /u);
    const waits = cron({ lastScheduleTime: '2026-11-21T00:00:00Z' });
    const before = podControllerObject(kinds.job, waits, templateOf([`${repository}/web:v0`]));
    const old = podObject(before, { containers: { c0: runs(wrong) } });
    expect(judgeSnapshot(snapshotOf([waits, before, old]), requirementsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: [
        'CronJob web has not run since its template changed: only its template was compared',
        'a Job of CronJob web still runs an older template',
      ],
    });
    expect(
      verdictOn([workloadObject({ kind: kinds.cronJob, template: templateOf([`${repository}/web:v0`]) })]),
    ).toMatch(/^waiting: /u);
  });
});
