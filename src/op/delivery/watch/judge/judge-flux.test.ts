import { describe, expect, test } from 'vitest';
import { digestOf, fluxCondition, fluxOf, fluxPart, snapshotOf } from '../../../../../test/op/cluster-objects.js';
import {
  deployed,
  image,
  none,
  repository,
  requirementsOf,
  right,
  runs,
  verdictOf,
  wrong,
} from '../../../../../test/op/judging.js';
import { type KubeObject, kinds } from '../../../systems/kubernetes/api.js';
import { judgeSnapshot } from './judge-snapshot.js';
import { comparisonKey } from './match-image.js';

describe('what Flux says', () => {
  const good = () => deployed([image], { c0: runs(right) });
  const bad = () => deployed([`${repository}/web:v0@${wrong}`], { c0: runs(wrong) });
  const ready = (reason: string, message = '', status = 'False', generation = 1) => ({
    conditions: [fluxCondition('Ready', status, reason, message, generation)],
  });
  const different = new Map([[comparisonKey(right, wrong), false]]);
  const of = (objects: KubeObject[], ...parts: Parameters<typeof fluxOf>[0]) =>
    verdictOf(snapshotOf(objects, { flux: fluxOf(parts) }), requirementsOf(), different);

  test.each<readonly [string, Parameters<typeof fluxPart>[1], RegExp]>([
    ['ready, after our request', {}, /^proven$/u],
    [
      'ready, but our request is not handled',
      { status: { lastHandledReconcileAt: 'before' } },
      /^waiting: HelmRelease shop\/web to be reconciled/u,
    ],
    ['never handled any request', { status: { lastHandledReconcileAt: undefined } }, /^waiting: /u],
    [
      'a later request from someone else was handled',
      {
        status: { lastHandledReconcileAt: 'later' },
        metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'later' } },
      },
      /^proven$/u,
    ],
    [
      'a later request from someone else is not handled',
      {
        status: { lastHandledReconcileAt: 'before' },
        metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'later' } },
      },
      /^waiting: /u,
    ],
    ['a new spec that was not observed', { metadata: { generation: 2 } }, /^waiting: .*generation 2/u],
    [
      'observed, but its Ready is for the previous generation',
      { metadata: { generation: 2 }, status: { observedGeneration: 2 } },
      /^waiting: /u,
    ],
    [
      'reconciling again',
      {
        status: {
          conditions: [
            fluxCondition('Ready', 'True', 'UpgradeSucceeded'),
            fluxCondition('Reconciling', 'True', 'Progressing', 'Running upgrade'),
          ],
        },
      },
      /^waiting: .*Running upgrade/u,
    ],
    [
      'helm waits, after a crash until its own timeout',
      {
        status: {
          lastHandledReconcileAt: 'before',
          conditions: [
            {
              ...fluxCondition('Reconciling', 'True', 'Progressing', "Running 'upgrade' action with timeout of 5m0s"),
              lastTransitionTime: '2026-01-02T03:58:04Z',
            },
          ],
        },
      },
      /^waiting: .*to be reconciled: Progressing: Running 'upgrade' action with timeout of 5m0s, until 04:03:04 UTC/u,
    ],
    ['Unknown', { status: ready('Progressing', 'Running install', 'Unknown') }, /^waiting: .*Running install/u],
    [
      'ready, but the newest Helm release failed',
      {
        status: {
          history: [
            { version: 1, status: 'superseded' },
            { version: 3, status: 'failed' },
            { version: 2, status: 'superseded' },
          ],
        },
      },
      /^waiting: /u,
    ],
  ])('%s', (_, part, expected) => {
    expect(of(good(), fluxPart(kinds.helmRelease, part))).toMatch(expected);
  });

  test('an earlier request that was handled does not count while our request is not visible yet', () => {
    const before = { annotations: { 'reconcile.fluxcd.io/requestedAt': 'before' }, resourceVersion: '99' };
    const of = (version: string | undefined, resourceVersion = '99') =>
      fluxPart(kinds.helmRelease, {
        request: { value: 'now', version },
        metadata: { ...before, resourceVersion },
        status: { lastHandledReconcileAt: 'before' },
      });
    const verdict = (part: ReturnType<typeof of>) => verdictOf(snapshotOf(good(), { flux: fluxOf([part]) }));
    expect(verdict(of(undefined))).toMatch(/^waiting: /u);
    expect(verdict(of('100'))).toMatch(/^waiting: /u);
    expect(verdict(of('100', '100'))).toBe('proven');
    expect(verdict(of('100', '1000'))).toBe('proven');
    expect(verdict(of('not a number'))).toMatch(/^waiting: /u);
  });

  test('not all requests are sent yet', () => {
    const snapshot = snapshotOf(good(), { flux: fluxOf([fluxPart(kinds.helmRelease)], 'pending') });
    expect(verdictOf(snapshot)).toMatch(/^waiting: all reconcile requests to be sent/u);
  });

  test('another image is refused when Flux is done, and waited for while a change may still arrive', () => {
    const chart = (revision: string) =>
      fluxPart(kinds.ociRepository, { role: 'source', name: 'chart', status: { artifact: { revision } } });
    const release = fluxPart(kinds.helmRelease, {
      spec: { chartRef: { kind: 'OCIRepository', name: 'chart' } },
      status: { lastAttemptedRevisionDigest: digestOf('1'), history: [{ version: 1, status: 'deployed' }] },
    });
    expect(of(bad(), release, chart(`1.0.0@${digestOf('1')}`))).toMatch(/^refused: Deployment web/u);
    expect(of(bad(), release, chart(`1.0.1@${digestOf('2')}`))).toMatch(/^waiting: .*to apply 1\.0\.1@/u);
    const above = (status: object) =>
      fluxPart(kinds.kustomization, { role: 'owner', name: 'fleet', status: { ...status } });
    expect(of(bad(), release, above({}))).toMatch(/^refused: /u);
    expect(of(bad(), release, above(ready('DependencyNotReady')))).toMatch(/^waiting: .*DependencyNotReady/u);
    const health = fluxCondition(
      'Reconciling',
      'True',
      'Progressing',
      'Running health checks for revision main@sha1:1 with a timeout of 5m',
    );
    expect(
      of(bad(), release, above({ conditions: [fluxCondition('Ready', 'Unknown', 'Progressing'), health] })),
    ).toMatch(/^refused: /u);
    // Where something unknown writes the images, such as image automation, they may arrive at any time.
    const done = snapshotOf(bad(), { flux: fluxOf([release, chart(`1.0.0@${digestOf('1')}`)], 'done') });
    expect(verdictOf(done, requirementsOf(), different)).toMatch(/^refused: /u);
    expect(verdictOf(done, requirementsOf({ imagesMayChange: true }), different)).toMatch(/^waiting: Deployment web/u);
    for (const requestPhase of ['off', 'incomplete'] as const) {
      expect(
        verdictOf(snapshotOf(bad(), { flux: fluxOf([release], requestPhase) }), requirementsOf(), different),
      ).toMatch(/^waiting: /u);
    }
  });

  test.each<
    readonly [
      string,
      (typeof kinds)['helmRelease'] | (typeof kinds)['kustomization'] | (typeof kinds)['ociRepository'],
      string,
      string,
      number | undefined,
    ]
  >([
    ['install', kinds.helmRelease, 'InstallFailed', 'x', 0],
    ['upgrade', kinds.helmRelease, 'UpgradeFailed', 'x', 0],
    ['rolled back', kinds.helmRelease, 'RollbackSucceeded', 'x', 0],
    ['rollback', kinds.helmRelease, 'RollbackFailed', 'x', 0],
    ['test', kinds.helmRelease, 'TestFailed', 'x', 0],
    ['artifact', kinds.helmRelease, 'ArtifactFailed', 'Could not load chart: x', 0],
    [
      'artifact, for now',
      kinds.helmRelease,
      'ArtifactFailed',
      'Source not ready: artifact not found. Retrying in 30s',
      undefined,
    ],
    ['values', kinds.helmRelease, 'ValuesError', 'no Secret', 60_000],
    ['source', kinds.helmRelease, 'SourceNotReady', 'x', undefined],
    ['dependency', kinds.helmRelease, 'DependencyNotReady', 'x', undefined],
    ['build', kinds.kustomization, 'BuildFailed', 'x', 0],
    ['health', kinds.kustomization, 'HealthCheckFailed', 'x', 0],
    ['apply', kinds.kustomization, 'ReconciliationFailed', 'x', 0],
    ['cancelled', kinds.kustomization, 'HealthCheckCanceled', 'x', undefined],
    ['no such chart', kinds.ociRepository, 'OCIArtifactPullFailed', 'MANIFEST_UNKNOWN: manifest not found', 0],
    ['registry unreachable', kinds.ociRepository, 'OCIArtifactPullFailed', 'connection refused', 60_000],
  ])('Ready is False: %s', (_, kind, reason, message, gracePeriod) => {
    const part = fluxPart(kind, {
      role: kind === kinds.ociRepository ? 'source' : 'component',
      status: ready(reason, message),
    });
    const { problems } = judgeSnapshot(snapshotOf(bad(), { flux: fluxOf([part]) }), requirementsOf(), different);
    expect(problems.map((one) => one.gracePeriod)).toEqual(gracePeriod === undefined ? [] : [gracePeriod]);
    const stale = { ...part, object: { ...part.object, handledAt: 'before' } };
    expect(judgeSnapshot(snapshotOf(bad(), { flux: fluxOf([stale]) }), requirementsOf(), different).problems).toEqual(
      [],
    );
    const unasked = { ...part, request: undefined };
    expect(
      judgeSnapshot(snapshotOf(bad(), { flux: fluxOf([unasked], 'pending') }), requirementsOf(), different).problems,
    ).toEqual([]);
  });

  test('a release with retries is waited for until none are left', () => {
    const failed = (upgradeFailures: number, retries: number, more = {}) =>
      fluxPart(kinds.helmRelease, {
        spec: { upgrade: { remediation: { retries }, ...more } },
        status: { ...ready('UpgradeFailed', 'x'), lastAttemptedReleaseAction: 'upgrade', upgradeFailures },
      });
    const problems = (part: ReturnType<typeof fluxPart>) =>
      judgeSnapshot(snapshotOf(bad(), { flux: fluxOf([part]) }), requirementsOf(), different).problems.length;
    expect(
      [
        failed(1, 0),
        failed(1, 2),
        failed(2, 2),
        failed(3, 2),
        failed(1, -1),
        failed(1, 3, { strategy: { name: 'RetryOnFailure' } }),
      ].map(problems),
    ).toEqual([1, 0, 0, 1, 1, 1]);
    const stalled = failed(1, 2);
    const object = {
      ...stalled.object,
      conditions: [...stalled.object.conditions, { ...fluxCondition('Stalled', 'True', 'RetriesExceeded') }],
    };
    expect(problems({ ...stalled, object })).toBe(1);
  });

  test.each(['component', 'source', 'owner'] as const)('a suspended %s has to be resumed by the user', (role) => {
    const part = fluxPart(role === 'source' ? kinds.ociRepository : kinds.kustomization, {
      role,
      name: 'x',
      spec: { suspend: true },
    });
    const flux = fluxOf([...(role === 'component' ? [] : [fluxPart(kinds.helmRelease)]), part]);
    expect(judgeSnapshot(snapshotOf(bad(), { flux }), requirementsOf(), different).problems).toMatchObject([
      { kind: 'input', gracePeriod: 0 },
    ]);
    const { verdict } = judgeSnapshot(snapshotOf(good(), { flux }), requirementsOf(), none);
    expect(verdict).toBe(role === 'owner' ? 'proven' : 'waiting');
  });

  /** A commit is in the source, and the object has applied the one before: that is how it stays when it is suspended. */
  test.each([
    ['the Kustomization that applies it', kinds.kustomization, 'owner'],
    ['a HelmRelease that applies it', kinds.helmRelease, 'owner'],
    ['a GitRepository', kinds.gitRepository, 'source'],
    ['an OCIRepository', kinds.ociRepository, 'source'],
    ['a HelmRepository', kinds.helmRepository, 'source'],
    ['a HelmChart', kinds.helmChart, 'source'],
    ['a Bucket', kinds.bucket, 'source'],
  ] as const)('%s that is suspended is named, though it is behind', (_, kind, role) => {
    const sourceRef = { kind: 'GitRepository', name: 'fleet' };
    const artifact = { revision: 'main@sha1:bbbb' };
    const suspended = fluxPart(kind, {
      role,
      name: 'stopped',
      spec: { suspend: true, sourceRef },
      status: { lastAttemptedRevision: 'main@sha1:aaaa' },
    });
    const above = fluxPart(kinds.kustomization, {
      role: 'owner',
      name: 'above',
      spec: { sourceRef },
      status: { lastAttemptedRevision: 'main@sha1:aaaa' },
    });
    const source = fluxPart(kinds.gitRepository, { role: 'source', name: 'fleet', status: { artifact } });
    const flux = fluxOf([fluxPart(kinds.helmRelease), suspended, above, source]);
    const { problems } = judgeSnapshot(snapshotOf(bad(), { flux }), requirementsOf(), different);
    expect(problems).toMatchObject([
      {
        kind: 'input',
        gracePeriod: 0,
        why: expect.stringContaining('/stopped is suspended'),
        hint: expect.stringContaining('{"spec":{"suspend":false}}'),
      },
    ]);
  });

  test('a failed owner matters only when the image does not arrive', () => {
    const failed = fluxPart(kinds.kustomization, { role: 'owner', name: 'fleet', status: ready('BuildFailed', 'x') });
    const flux = fluxOf([fluxPart(kinds.helmRelease), failed]);
    expect(judgeSnapshot(snapshotOf(good(), { flux }), requirementsOf(), none).verdict).toBe('proven');
    expect(judgeSnapshot(snapshotOf(bad(), { flux }), requirementsOf(), different).problems).toMatchObject([
      { kind: 'tool', why: expect.stringContaining('BuildFailed') },
    ]);
    const ill = fluxPart(kinds.kustomization, {
      role: 'owner',
      name: 'fleet',
      status: ready('HealthCheckFailed', 'another app'),
    });
    expect(
      judgeSnapshot(
        snapshotOf(bad(), { flux: fluxOf([fluxPart(kinds.helmRelease), ill]) }),
        requirementsOf(),
        different,
      ),
    ).toMatchObject({ verdict: 'refused', problems: [] });
  });

  test('a workload that Flux applied only needs Flux to have applied it', () => {
    const owner = fluxPart(kinds.kustomization, {
      role: 'owner',
      name: 'apps',
      status: ready('HealthCheckFailed', 'another app'),
    });
    expect(of(good(), owner)).toBe('proven');
    expect(of(bad(), fluxPart(kinds.kustomization, { role: 'owner', name: 'apps' }))).toMatch(/^refused: /u);
    expect(
      of(bad(), fluxPart(kinds.kustomization, { role: 'owner', name: 'apps', status: ready('DependencyNotReady') })),
    ).toMatch(/^waiting: /u);
  });

  test('the component was deleted', () => {
    const snapshot = snapshotOf([], { flux: { requestPhase: 'done', parts: [], isGone: true, unreadable: [] } });
    expect(judgeSnapshot(snapshot, requirementsOf(), none)).toMatchObject({
      verdict: 'waiting',
      problems: [{ kind: 'tool', gracePeriod: 10_000 }],
    });
  });
});
