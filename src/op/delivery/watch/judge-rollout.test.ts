import { describe, expect, test } from 'vitest';
import {
  generationObject,
  type Play,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from '../../../../test/op/cluster-objects.js';
import {
  demandsOf,
  deployed,
  image,
  none,
  repository,
  right,
  runs,
  verdictOn,
  wrong,
} from '../../../../test/op/judging.js';
import { kinds } from '../../systems/kubernetes/api.js';
import { judge } from './judge.js';

describe('the rollout of a Deployment', () => {
  test.each<readonly [string, Partial<Play>, RegExp]>([
    [
      'its controller has not looked',
      { generation: 2, status: { observedGeneration: 1 } },
      /^waiting: .*generation 2/u,
    ],
    ['nothing updated', { status: { updatedReplicas: 0 } }, /^waiting: .*0 of 1 pods have the new template/u],
    ['old pods beside the new', { status: { replicas: 2 } }, /^waiting: .*1 old pods are still there/u],
    ['not available', { status: { availableReplicas: 0 } }, /^waiting: .*0 of 1 pods are available/u],
    ['more are wanted: an autoscaler', { spec: { replicas: 3 } }, /^waiting: .*1 of 3/u],
    ['paused, and finished', { spec: { paused: true } }, /^proven$/u],
    [
      'more pods counted than seen',
      { spec: { replicas: 2 }, status: { replicas: 2, updatedReplicas: 2, availableReplicas: 2 } },
      /^waiting: .*1 of 2 pods were seen/u,
    ],
    [
      'scaled to zero: nothing runs',
      { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      /./u,
    ],
  ])('%s', (_, play, expected) => {
    expect(verdictOn(deployed([image], { c0: runs(right) }, play))).toMatch(expected);
  });

  test('paused half-way is for a person to resume', () => {
    const objects = deployed([image], { c0: runs(right) }, { spec: { paused: true }, status: { updatedReplicas: 0 } });
    const { troubles } = judge(snapshotOf(objects), demandsOf(), none);
    expect(troubles[0]).toMatchObject({
      kind: 'input',
      patience: 0,
      hint: 'kubectl rollout resume deployment/web --namespace=shop',
    });
  });

  test('a ready pod of the old template is no proof, an old one that is ending is none against it', () => {
    const template = templateOf([image]);
    const deployment = workloadObject({ template });
    const set = generationObject(kinds.replicaSet, deployment, template);
    const before = generationObject(kinds.replicaSet, deployment, templateOf([`${repository}/web:v0`]));
    const containers = { c0: runs(right) };
    const [fresh, stale] = [podObject(set, { containers }), podObject(before, { name: 'old', containers })];
    expect(verdictOn([deployment, set, before, fresh, stale])).toMatch(/^waiting: .*1 pod of an older template to go/u);
    expect(verdictOn([deployment, set, before, stale])).toMatch(/^waiting: /u);
    const ending = podObject(before, { name: 'old', containers: { c0: runs(wrong) }, leaving: true });
    expect(judge(snapshotOf([deployment, set, before, fresh, ending]), demandsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: ['1 pod of Deployment web is still ending'],
    });
    const evicted = podObject(set, { name: 'evicted', containers: { c0: '' }, phase: 'Failed' });
    expect(verdictOn([deployment, set, fresh, evicted])).toBe('proven');
  });

  test('pods of others with the same labels do not count', () => {
    const objects = deployed([image], { c0: runs(right) });
    const other = workloadObject({ name: 'other', template: templateOf(['other:1']) });
    const set = generationObject(kinds.replicaSet, other, templateOf(['other:1']));
    expect(verdictOn([...objects, other, set, podObject(set, { name: 'x', containers: { c0: runs(wrong) } })])).toBe(
      'proven',
    );
  });

  test('scaled to zero proves nothing alone, and is said beside others', () => {
    const template = templateOf([image]);
    const zero = { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } };
    const empty = workloadObject({ name: 'worker', template, ...zero });
    expect(verdictOn([empty])).toMatch(/^refused: nothing of Workload shop\/web runs: Deployment worker has no pods/u);
    expect(judge(snapshotOf([...deployed([image], { c0: runs(right) }), empty]), demandsOf(), none)).toMatchObject({
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
    ['one pod still to come', {}, /^waiting: .*1 of 2 pods have the new template/u],
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
    ['a pod of the template before', {}, '1', /^waiting: .*older template/u],
    ['not everywhere', { status: { updatedNumberScheduled: 0 } }, '1', /^waiting: .*0 of 1/u],
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

  test('a DaemonSet that fits on no node runs nothing', () => {
    const nowhere = {
      desiredNumberScheduled: 0,
      currentNumberScheduled: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
    };
    expect(verdictOn([daemon({ status: nowhere })])).toMatch(/^refused: nothing of/u);
  });

  test('a CronJob is compared by its template, and by the pods of its Jobs when it has run', () => {
    const cron = (status = {}, spec = {}) => workloadObject({ kind: kinds.cronJob, template, status, spec });
    expect(judge(snapshotOf([cron()]), demandsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: ['CronJob web has never run: only its template was compared'],
    });
    const ran = cron({ lastScheduleTime: '2026-11-21T00:00:00Z' }, { suspend: true });
    const job = generationObject(kinds.job, ran, template);
    const done = (imageID: string) =>
      podObject(job, {
        containers: { c0: { imageID, state: { terminated: { exitCode: 0 } }, ready: false } },
        phase: 'Succeeded',
      });
    expect(judge(snapshotOf([ran, job, done(runs(right))]), demandsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: ['CronJob web is suspended'],
    });
    expect(verdictOn([ran, job, done('x')])).toMatch(/^refused: /u);
    const before = generationObject(kinds.job, ran, templateOf([`${repository}/web:v0`]));
    const old = podObject(before, { containers: { c0: runs(wrong) } });
    expect(judge(snapshotOf([ran, before, old]), demandsOf(), none)).toMatchObject({
      verdict: 'proven',
      notes: [
        'CronJob web is suspended',
        'CronJob web has not run since its template changed: only its template was compared',
        'a Job of CronJob web still runs with an older template',
      ],
    });
    expect(
      verdictOn([workloadObject({ kind: kinds.cronJob, template: templateOf([`${repository}/web:v0`]) })]),
    ).toMatch(/^waiting: /u);
  });
});
