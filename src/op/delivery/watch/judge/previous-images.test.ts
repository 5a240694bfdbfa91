import { expect, test } from 'vitest';
import {
  podControllerObject,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from '../../../../../test/op/cluster-objects.js';
import { image, none, repository, requirementsOf, right, runs, wrong } from '../../../../../test/op/judging.js';
import { type Kind, type KubeObject, kinds } from '../../../systems/kubernetes/api.js';
import { judgeSnapshot } from './judge-snapshot.js';
import { describePrevious, previousImages } from './previous-images.js';

const before = `${repository}/web:v0@${wrong}`;
const older = `${repository}/web:v-1@${wrong}`;
const half = { status: { updatedReplicas: 0, availableReplicas: 0, replicas: 2 } };
const crashed = {
  c0: { imageID: runs(right), ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
};
const running = { c0: runs(wrong), c1: runs(wrong) };

/** A Deployment whose newest template crashes, and the templates before it by their revision. */
function deployment(history: readonly (readonly [number, string, 'running' | 'crashed' | 'none'])[], now = image) {
  const workload = workloadObject({ template: templateOf([now, 'proxy:1']), ...half });
  const newest = podControllerObject(kinds.replicaSet, workload, templateOf([now, 'proxy:1']), {}, 9);
  const sets = history.flatMap(([revision, old, pods]) => {
    const template = templateOf([old, 'proxy:0']);
    const set = podControllerObject(kinds.replicaSet, workload, template, {}, revision);
    if (pods === 'none') return [set];
    return [set, podObject(set, { template, containers: pods === 'running' ? running : crashed })];
  });
  return [workload, newest, podObject(newest, { template: templateOf([now]), containers: crashed }), ...sets];
}

/** A workload that has its pods itself. */
function owner(kind: Kind, labels: Readonly<Record<string, string>>, annotations = {}) {
  const workload = workloadObject({ kind, template: templateOf([image]), annotations, ...half });
  const template = templateOf([before]);
  return [workload, podObject(workload, { labels, template, containers: { c0: runs(wrong) } })];
}

const ranBefore = `container c0 of Deployment web ran ${before}`;

test.each<[string, readonly KubeObject[], readonly string[]]>([
  [
    'a rolling update: the pods that still run',
    deployment([[8, before, 'running']]),
    [`${ranBefore} (1 ready pod still)`],
  ],
  [
    'nothing runs any more: the history',
    deployment([
      [7, older, 'none'],
      [8, before, 'none'],
    ]),
    [ranBefore],
  ],
  [
    'the history in any order, and by number',
    deployment(
      [
        [8, before, 'none'],
        [10, older, 'none'],
        [9, older, 'none'],
      ].map((one) => one as [number, string, 'none']),
    ),
    [`container c0 of Deployment web ran ${older}`],
  ],
  [
    'the template before crashed too, and the one before that still runs',
    deployment([
      [8, older, 'crashed'],
      [7, before, 'running'],
    ]),
    [`${ranBefore} (1 ready pod still)`],
  ],
  [
    'a template with the same image is not what to go back to',
    deployment([
      [8, image, 'none'],
      [7, before, 'none'],
    ]),
    [ranBefore],
  ],
  ['the first template', deployment([]), []],
  ['only the configuration changed', deployment([[8, image, 'running']]), []],
  [
    'a StatefulSet',
    owner(kinds.statefulSet, { 'controller-revision-hash': 'old' }),
    [`container c0 of StatefulSet web ran ${before} (1 ready pod still)`],
  ],
  [
    'a DaemonSet',
    owner(kinds.daemonSet, { 'pod-template-generation': '1' }, { 'deprecated.daemonset.template.generation': '2' }),
    [`container c0 of DaemonSet web ran ${before} (1 ready pod still)`],
  ],
  ['a rollback: the template is the older one already', deployment([[8, image, 'none']], before), []],
])('%s', (_, objects, expected) => {
  const snapshot = snapshotOf(objects);
  const { workloads } = judgeSnapshot(snapshot, requirementsOf(), none);
  expect(previousImages(workloads, snapshot).map(describePrevious)).toEqual(expected);
});
