import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  artifactOf,
  condition,
  ofKustomization,
  ofRelease,
  playFlux,
  reconciled,
  requestOf,
} from '../../../../test/op/flux-play.js';
import { missingTools } from '../../../../test/op/kubernetes-api.js';
import { finished, playDeployment, type Sent, type Stage, templateOf } from '../../../../test/op/rollout.js';
import { old, startWatchRoom, until, type WatchRoom, wanted, web } from '../../../../test/op/watch-room.js';
import { kinds } from '../../systems/kubernetes/api.js';

let it: WatchRoom;
beforeAll(async () => {
  it = await startWatchRoom({ flux: true });
});
afterAll(() => it?.stop());

describe.skipIf(missingTools.length > 0)('a HelmRelease', () => {
  test('stale success does not count: the source, then the release are asked, and the digest is proven', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    const play = playDeployment(stage);
    // As it was before this delivery: ready, with the old image.
    await stage.status(kinds.helmRelease, 'web', {
      observedGeneration: 1,
      conditions: [condition('Ready', 'True', 'UpgradeSucceeded', 'old', 1)],
    });
    await play.create(`${web}:v1@${old}`, ofRelease(namespace));
    const before = await play.replicaSet('old');
    for (const suffix of ['x', 'y']) await play.running(await play.pod(before, suffix, `${web}:v1@${old}`), old);
    await play.status(finished);
    const { ended, printed } = it.watch(namespace);
    await until(() => printed.some((line) => line.includes('asked OCIRepository')));
    await wait(500);
    expect(await requestOf(stage, kinds.helmRelease, 'web')).toBeUndefined();
    await flux.source();
    await until(async () => (await requestOf(stage, kinds.helmRelease, 'web')) !== undefined);
    await stage.patch(kinds.deployment, 'web', { spec: { template: templateOf(`${web}:v2@${wanted}`) } });
    const after = await play.replicaSet('new');
    for (const suffix of ['a', 'b']) await play.running(await play.pod(after, suffix, `${web}:v2@${wanted}`), wanted);
    for (const suffix of ['x', 'y']) await stage.remove(kinds.pod, `web-old-${suffix}`);
    await play.status(finished);
    await wait(500);
    await flux.release('True', 'UpgradeSucceeded', 'Helm upgrade succeeded');
    const last = Date.now();
    const { DEPLOYED, error, at } = await ended;
    expect(error).toBeUndefined();
    expect(DEPLOYED).toBe(`${web}:v2@${wanted}`);
    expect(at - last).toBeLessThan(1000);
  });

  test('Flux applied another image: refused at once', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    const play = playDeployment(stage);
    await play.create(`${web}:v1@${old}`, ofRelease(namespace));
    const before = await play.replicaSet('old');
    for (const suffix of ['x', 'y']) await play.running(await play.pod(before, suffix, `${web}:v1@${old}`), old);
    await play.status(finished);
    const { ended } = it.watch(namespace);
    await flux.source();
    await flux.release('True', 'UpgradeSucceeded', 'Helm upgrade succeeded');
    const last = Date.now();
    const { error, at } = await ended;
    expect(error).toMatchObject({ kind: 'refused', why: expect.stringContaining(`is ${web}:v1@${old}`) });
    expect(at - last).toBeLessThan(2000);
  });

  test('a second run asks again: what was handled for the first run is stale', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    await playRunning(stage, ofRelease(namespace), `${web}:v2@${wanted}`, wanted);
    const first = it.watch(namespace);
    await flux.source();
    await flux.release('True', 'InstallSucceeded', 'x');
    expect((await first.ended).error).toBeUndefined();
    const [chart, release] = await requests();
    const second = it.watch(namespace, { timeout: 10_000 });
    await until(async () => (await requests())[0] !== chart);
    await wait(500);
    expect(await requests()).toEqual([expect.anything(), release]);
    await flux.source();
    await until(async () => (await requests())[1] !== release);
    await wait(500);
    expect(second.printed.at(-1)).toContain('waiting for');
    await flux.release('True', 'UpgradeSucceeded', 'x');
    expect((await second.ended).error).toBeUndefined();

    function requests() {
      return Promise.all([requestOf(stage, kinds.ociRepository, 'chart'), requestOf(stage, kinds.helmRelease, 'web')]);
    }
  });

  test('a request that was removed is sent again', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    await playRunning(stage, ofRelease(namespace), `${web}:v2@${wanted}`, wanted);
    const { ended } = it.watch(namespace);
    await flux.source();
    await until(async () => (await requestOf(stage, kinds.helmRelease, 'web')) !== undefined);
    await stage.patch(kinds.helmRelease, 'web', { metadata: { annotations: null } });
    await flux.release('True', 'UpgradeSucceeded', 'x');
    expect((await ended).error).toBeUndefined();
  });

  test('a failed upgrade ends it at once', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    await playDeployment(stage).create(`${web}:v1@${old}`, ofRelease(namespace));
    const { ended } = it.watch(namespace);
    await flux.source();
    await flux.release('False', 'UpgradeFailed', 'Helm upgrade failed: timed out waiting for the condition');
    const last = Date.now();
    const { error, at } = await ended;
    expect(error).toMatchObject({ kind: 'tool', why: expect.stringContaining('UpgradeFailed: Helm upgrade failed') });
    expect(at - last).toBeLessThan(1500);
  });

  test.each(['it', 'its source'])(
    '%s is suspended: a bad configuration, with the command that resumes it',
    async (what) => {
      const { stage, namespace } = await it.newStage();
      await playFlux(stage, what === 'it' ? { suspend: true } : {});
      if (what !== 'it') await stage.patch(kinds.ociRepository, 'chart', { spec: { suspend: true } });
      const { error } = await it.watch(namespace).ended;
      expect(error).toMatchObject({
        kind: 'input',
        why: expect.stringContaining('is suspended'),
        hint: expect.stringContaining('{"spec":{"suspend":false}}'),
      });
    },
  );
});

/** A Deployment of two pods that run what its template says. */
async function playRunning(stage: Stage, metadata: Sent, image: string, runs: string) {
  const play = playDeployment(stage);
  await play.create(image, metadata);
  const set = await play.replicaSet('one');
  for (const suffix of ['a', 'b']) await play.running(await play.pod(set, suffix, image), runs);
  await play.status(finished);
}

describe.skipIf(missingTools.length > 0)('how a change travels', () => {
  const source = { kind: 'GitRepository', name: 'fleet' };
  const git = { spec: { interval: '1h', url: 'https://git.example.com/fleet.git' } };
  const kustomization = { spec: { interval: '1h', prune: true, sourceRef: source } };

  test('Git, Kustomization, Helm repository, chart, release: each is asked once the one before is done', async () => {
    const { stage, namespace } = await it.newStage();
    const order: string[] = [];
    await stage.create(kinds.gitRepository, 'fleet', git);
    await stage.create(kinds.kustomization, 'fleet', kustomization, ofKustomization(namespace, 'fleet'));
    await stage.create(kinds.helmRepository, 'charts', { spec: { interval: '1h', url: 'https://charts.example.com' } });
    const from = { kind: 'HelmRepository', name: 'charts' };
    await stage.create(kinds.helmChart, 'shop-web', { spec: { interval: '1h', chart: 'web', sourceRef: from } });
    const chart = { spec: { chart: 'web', sourceRef: from } };
    await stage.create(
      kinds.helmRelease,
      'web',
      { spec: { interval: '1h', chart } },
      ofKustomization(namespace, 'fleet'),
    );
    await stage.status(kinds.helmRelease, 'web', { helmChart: `${namespace}/shop-web` });
    await playRunning(stage, ofRelease(namespace), `${web}:v2@${wanted}`, wanted);
    const { ended, printed } = it.watch(namespace);
    const chain = [
      [kinds.gitRepository, 'fleet', artifactOf('main@sha1:1')],
      [kinds.kustomization, 'fleet', { lastAttemptedRevision: 'main@sha1:1' }],
      [kinds.helmRepository, 'charts', artifactOf('sha256:1')],
      [kinds.helmChart, 'shop-web', { ...artifactOf('1.0.0'), observedSourceArtifactRevision: 'sha256:1' }],
      [kinds.helmRelease, 'web', { lastAttemptedRevision: '1.0.0' }],
    ] as const;
    for (const [index, [kind, name, status]] of chain.entries()) {
      await until(async () => (await requestOf(stage, kind, name)) !== undefined);
      for (const [later, of] of chain.slice(index + 1)) expect(await requestOf(stage, later, of)).toBeUndefined();
      order.push(kind.kind);
      await reconciled(stage, kind, name, status);
    }
    expect((await ended).error).toBeUndefined();
    expect(printed.filter((line) => line.startsWith('asked')).map((line) => line.split(' ')[1])).toEqual(order);
  });

  test('a Kustomization that waits for the health of other objects has applied ours', async () => {
    const { stage, namespace } = await it.newStage();
    await stage.create(kinds.gitRepository, 'fleet', git);
    await stage.create(kinds.kustomization, 'fleet', kustomization);
    await stage.create(
      kinds.helmRelease,
      'web',
      { spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'not-there' } } },
      ofKustomization(namespace, 'fleet'),
    );
    await playRunning(stage, ofRelease(namespace), `${web}:v2@${wanted}`, wanted);
    const { ended } = it.watch(namespace);
    await reconciled(stage, kinds.gitRepository, 'fleet', artifactOf('main@sha1:2'));
    await until(async () => (await requestOf(stage, kinds.kustomization, 'fleet')) !== undefined);
    await stage.status(kinds.kustomization, 'fleet', {
      lastAttemptedRevision: 'main@sha1:2',
      conditions: [
        condition('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress', 1),
        condition(
          'Reconciling',
          'True',
          'Progressing',
          'Running health checks for revision main@sha1:2 with a timeout of 5m0s',
          1,
        ),
      ],
    });
    await reconciled(stage, kinds.helmRelease, 'web');
    expect((await ended).error).toBeUndefined();
  });

  test('a Kustomization as the component, with its own workload and a HelmRelease in it', async () => {
    const { stage, namespace } = await it.newStage();
    await stage.create(kinds.gitRepository, 'fleet', git);
    await stage.create(kinds.kustomization, 'web', kustomization);
    const inventory = {
      entries: [
        { id: `${namespace}_web_apps_Deployment`, v: 'v1' },
        { id: `${namespace}_part_helm.toolkit.fluxcd.io_HelmRelease`, v: 'v2' },
      ],
    };
    const from = { kind: 'HelmRepository', name: 'static' };
    await stage.create(kinds.helmRepository, 'static', { spec: { type: 'oci', url: 'oci://charts.example.com' } });
    await stage.create(
      kinds.helmRelease,
      'part',
      { spec: { interval: '1h', chart: { spec: { chart: 'part', sourceRef: from } } } },
      ofKustomization(namespace, 'web'),
    );
    await playRunning(stage, ofKustomization(namespace, 'web'), `${web}:v2@${wanted}`, wanted);
    const { ended, printed } = it.watch(namespace);
    await reconciled(stage, kinds.gitRepository, 'fleet', artifactOf('main@sha1:3'));
    await reconciled(stage, kinds.kustomization, 'web', { inventory, lastAttemptedRevision: 'main@sha1:3' });
    await until(() => printed.some((line) => line.includes(`asked HelmRelease ${namespace}/part`)));
    // A workload of the HelmRelease counts as well.
    const worker = {
      template: templateOf(`${web}:v1@${old}`, { app: 'worker' }),
      selector: { matchLabels: { app: 'worker' } },
    };
    await stage.create(kinds.deployment, 'worker', { spec: worker }, ofRelease(namespace, 'part'));
    await reconciled(stage, kinds.helmRelease, 'part');
    const { error } = await ended;
    expect(error).toMatchObject({ kind: 'refused', why: expect.stringContaining('Deployment worker') });
    expect(printed.join('\n')).not.toContain('asked HelmRepository');
  });

  test('two watches at the same time both finish', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    await playRunning(stage, ofRelease(namespace), `${web}:v2@${wanted}`, wanted);
    const [one, other] = [it.watch(namespace), it.watch(namespace)];
    await until(() =>
      [one, other].every(({ printed }) => printed.some((line) => line.includes('asked OCIRepository'))),
    );
    await flux.source();
    await until(() => [one, other].every(({ printed }) => printed.some((line) => line.includes('asked HelmRelease'))));
    await flux.release('True', 'UpgradeSucceeded', 'x');
    expect((await one.ended).error).toBeUndefined();
    expect((await other.ended).error).toBeUndefined();
  });

  test('without requestPhase, what Flux says now is taken', async () => {
    const { stage, namespace } = await it.newStage();
    await playFlux(stage);
    await stage.status(kinds.helmRelease, 'web', {
      observedGeneration: 1,
      conditions: [condition('Ready', 'True', 'x', 'x', 1)],
    });
    await playRunning(stage, ofRelease(namespace), `${web}:v2@${wanted}`, wanted);
    expect((await it.watch(namespace, { reconcile: false }).ended).error).toBeUndefined();
    expect(await requestOf(stage, kinds.helmRelease, 'web')).toBeUndefined();
  });

  test('users who may read but not patch are told so', async () => {
    const { stage, namespace } = await it.newStage();
    await playFlux(stage);
    await it.server.kubectl([
      'create',
      'clusterrole',
      `reader-${namespace}`,
      '--verb=get,list,watch',
      '--resource=*.*',
    ]);
    await it.server.kubectl([
      'create',
      'rolebinding',
      'reader',
      `--clusterrole=reader-${namespace}`,
      '--serviceaccount=shop:default',
      `--namespace=${namespace}`,
    ]);
    const { ended, printed } = it.watch(namespace, { kubeconfig: it.server.kubeconfig('default') });
    const { error } = await ended;
    expect(error).toMatchObject({ kind: 'tool', message: expect.stringContaining('HelmRelease web') });
    expect(printed.join('\n')).toMatch(/warning: cannot ask OCIRepository .* to reconcile/u);
  });

  test('an owner that cannot be read may still bring the image, so nothing is refused', async () => {
    const { stage, namespace } = await it.newStage();
    const flux = await playFlux(stage);
    await stage.patch(kinds.helmRelease, 'web', { metadata: ofKustomization('elsewhere', 'fleet') });
    await it.server.kubectl([
      'create',
      'clusterrole',
      `asker-${namespace}`,
      '--verb=get,list,watch,patch',
      '--resource=*.*',
    ]);
    await it.server.kubectl([
      'create',
      'rolebinding',
      'asker',
      `--clusterrole=asker-${namespace}`,
      '--serviceaccount=shop:default',
      `--namespace=${namespace}`,
    ]);
    await playRunning(stage, ofRelease(namespace), `${web}:v1@${old}`, old);
    const { ended, printed } = it.watch(namespace, { kubeconfig: it.server.kubeconfig('default'), timeout: 4000 });
    await flux.source();
    await flux.release('True', 'UpgradeSucceeded', 'x');
    expect((await ended).error).toMatchObject({ kind: 'deadline' });
    expect(printed.join('\n')).toMatch(/warning: cannot read Kustomization elsewhere\/fleet/u);
  });
});
