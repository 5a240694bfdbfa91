import { describe, expect, test } from 'vitest';
import { digestOf, fluxCondition, fluxOf, fluxPart, snapshotOf } from '../../../../test/op/cluster-objects.js';
import {
  demandsOf,
  deployed,
  image,
  none,
  repository,
  right,
  runs,
  verdictOf,
  wrong,
} from '../../../../test/op/judging.js';
import { type KubeObject, kinds } from '../../systems/kubernetes/api.js';
import { pairOf } from './image-match.js';
import { judge } from './judge.js';

describe('what Flux says', () => {
  const good = () => deployed([image], { c0: runs(right) });
  const bad = () => deployed([`${repository}/web:v0@${wrong}`], { c0: runs(wrong) });
  const ready = (reason: string, message = '', status = 'False', generation = 1) => ({
    conditions: [fluxCondition('Ready', status, reason, message, generation)],
  });
  const different = new Map([[pairOf(right, wrong), false]]);
  const of = (objects: KubeObject[], ...parts: Parameters<typeof fluxOf>[0]) =>
    verdictOf(snapshotOf(objects, { flux: fluxOf(parts) }), demandsOf(), different);

  test.each<readonly [string, Parameters<typeof fluxPart>[1], RegExp]>([
    ['ready, after our request', {}, /^proven$/u],
    [
      'ready, and our request is not handled',
      { status: { lastHandledReconcileAt: 'before' } },
      /^waiting: HelmRelease shop\/web to be reconciled/u,
    ],
    ['never handled any', { status: { lastHandledReconcileAt: undefined } }, /^waiting: /u],
    [
      'somebody asked after us, and that was handled',
      {
        status: { lastHandledReconcileAt: 'later' },
        metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'later' } },
      },
      /^proven$/u,
    ],
    [
      'somebody asked after us, and that is not handled',
      {
        status: { lastHandledReconcileAt: 'before' },
        metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'later' } },
      },
      /^waiting: /u,
    ],
    ['a new spec that was not looked at', { metadata: { generation: 2 } }, /^waiting: .*generation 2/u],
    [
      'observed, and its Ready is of before',
      { metadata: { generation: 2 }, status: { observedGeneration: 2 } },
      /^waiting: /u,
    ],
    [
      'at it again',
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
    ['Unknown', { status: ready('Progressing', 'Running install', 'Unknown') }, /^waiting: .*Running install/u],
    [
      'ready, and the newest release in Helm failed',
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

  test('what was asked before us, and handled, counts for nothing while our request is not to be seen yet', () => {
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

  test('not everybody is asked yet', () => {
    const snapshot = snapshotOf(good(), { flux: fluxOf([fluxPart(kinds.helmRelease)], 'pending') });
    expect(verdictOf(snapshot)).toMatch(/^waiting: Flux to be asked/u);
  });

  test('another image is refused when Flux is done, and waited for while something may still bring it', () => {
    const chart = (revision: string) =>
      fluxPart(kinds.ociRepository, { role: 'source', name: 'chart', status: { artifact: { revision } } });
    const release = fluxPart(kinds.helmRelease, {
      spec: { chartRef: { kind: 'OCIRepository', name: 'chart' } },
      status: { lastAttemptedRevisionDigest: digestOf('1'), history: [{ version: 1, status: 'deployed' }] },
    });
    expect(of(bad(), release, chart(`1.0.0@${digestOf('1')}`))).toMatch(/^refused: Deployment web/u);
    expect(of(bad(), release, chart(`1.0.1@${digestOf('2')}`))).toMatch(/^waiting: .*to take 1\.0\.1@/u);
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
    // Where op does not know who writes the images, they may come any time, as from image automation.
    const done = snapshotOf(bad(), { flux: fluxOf([release, chart(`1.0.0@${digestOf('1')}`)], 'done') });
    expect(verdictOf(done, demandsOf(), different)).toMatch(/^refused: /u);
    expect(verdictOf(done, demandsOf({ patient: true }), different)).toMatch(/^waiting: Deployment web/u);
    for (const asking of ['no', 'partly'] as const) {
      expect(verdictOf(snapshotOf(bad(), { flux: fluxOf([release], asking) }), demandsOf(), different)).toMatch(
        /^waiting: /u,
      );
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
    ['registry away', kinds.ociRepository, 'OCIArtifactPullFailed', 'connection refused', 60_000],
  ])('Ready is False: %s', (_, kind, reason, message, patience) => {
    const part = fluxPart(kind, {
      role: kind === kinds.ociRepository ? 'source' : 'component',
      status: ready(reason, message),
    });
    const { troubles } = judge(snapshotOf(bad(), { flux: fluxOf([part]) }), demandsOf(), different);
    expect(troubles.map((one) => one.patience)).toEqual(patience === undefined ? [] : [patience]);
    const stale = { ...part, object: { ...part.object, handledAt: 'before' } };
    expect(judge(snapshotOf(bad(), { flux: fluxOf([stale]) }), demandsOf(), different).troubles).toEqual([]);
    const unasked = { ...part, request: undefined };
    expect(judge(snapshotOf(bad(), { flux: fluxOf([unasked], 'pending') }), demandsOf(), different).troubles).toEqual(
      [],
    );
  });

  test('Helm that is told to try again is waited for, until it has no more tries', () => {
    const failed = (upgradeFailures: number, retries: number, more = {}) =>
      fluxPart(kinds.helmRelease, {
        spec: { upgrade: { remediation: { retries }, ...more } },
        status: { ...ready('UpgradeFailed', 'x'), lastAttemptedReleaseAction: 'upgrade', upgradeFailures },
      });
    const troubles = (part: ReturnType<typeof fluxPart>) =>
      judge(snapshotOf(bad(), { flux: fluxOf([part]) }), demandsOf(), different).troubles.length;
    expect(
      [
        failed(1, 0),
        failed(1, 2),
        failed(2, 2),
        failed(3, 2),
        failed(1, -1),
        failed(1, 3, { strategy: { name: 'RetryOnFailure' } }),
      ].map(troubles),
    ).toEqual([1, 0, 0, 1, 1, 1]);
    const stalled = failed(1, 2);
    const object = {
      ...stalled.object,
      conditions: [...stalled.object.conditions, { ...fluxCondition('Stalled', 'True', 'RetriesExceeded') }],
    };
    expect(troubles({ ...stalled, object })).toBe(1);
  });

  test.each(['component', 'source', 'owner'] as const)('a suspended %s is for a person to resume', (role) => {
    const part = fluxPart(role === 'source' ? kinds.ociRepository : kinds.kustomization, {
      role,
      name: 'x',
      spec: { suspend: true },
    });
    const flux = fluxOf([...(role === 'component' ? [] : [fluxPart(kinds.helmRelease)]), part]);
    expect(judge(snapshotOf(bad(), { flux }), demandsOf(), different).troubles).toMatchObject([
      { kind: 'input', patience: 0 },
    ]);
    const { verdict } = judge(snapshotOf(good(), { flux }), demandsOf(), none);
    expect(verdict).toBe(role === 'owner' ? 'proven' : 'waiting');
  });

  test('what is above fails: that matters only when the image does not come', () => {
    const failed = fluxPart(kinds.kustomization, { role: 'owner', name: 'fleet', status: ready('BuildFailed', 'x') });
    const flux = fluxOf([fluxPart(kinds.helmRelease), failed]);
    expect(judge(snapshotOf(good(), { flux }), demandsOf(), none).verdict).toBe('proven');
    expect(judge(snapshotOf(bad(), { flux }), demandsOf(), different).troubles).toMatchObject([
      { kind: 'tool', why: expect.stringContaining('BuildFailed') },
    ]);
    const ill = fluxPart(kinds.kustomization, {
      role: 'owner',
      name: 'fleet',
      status: ready('HealthCheckFailed', 'another app'),
    });
    expect(
      judge(snapshotOf(bad(), { flux: fluxOf([fluxPart(kinds.helmRelease), ill]) }), demandsOf(), different),
    ).toMatchObject({ verdict: 'refused', troubles: [] });
  });

  test('a workload that Flux applied needs no more of Flux than that it has applied', () => {
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

  test('the component is gone', () => {
    const snapshot = snapshotOf([], { flux: { asking: 'done', parts: [], isGone: true, unreadable: [] } });
    expect(judge(snapshot, demandsOf(), none)).toMatchObject({
      verdict: 'waiting',
      troubles: [{ kind: 'tool', patience: 10_000 }],
    });
  });
});
