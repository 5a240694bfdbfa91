import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startForwarder } from '../../../../test/op/forwarder.js';
import { kubeconfigFor, missingTools } from '../../../../test/op/kubernetes-api.js';
import { containerStatus, finished, playDeployment, templateOf } from '../../../../test/op/rollout.js';
import { old, startWatchRoom, until, type WatchRoom, wanted, web } from '../../../../test/op/watch-room.js';
import { Interrupted } from '../../kit/errors/op-error.js';
import { kinds } from '../../systems/kubernetes/api.js';

let it: WatchRoom;
beforeAll(async () => {
  it = await startWatchRoom({ flux: false });
});
afterAll(() => it?.stop());

describe.skipIf(missingTools.length > 0)('a workload that Flux does not own', () => {
  test('it ends within a second of the last event, and reports what was proven', async () => {
    const { stage, namespace } = await it.newStage();
    const play = playDeployment(stage);
    await play.create(`${web}:v1@${old}`);
    const before = await play.replicaSet('old');
    for (const suffix of ['x', 'y']) await play.running(await play.pod(before, suffix, `${web}:v1@${old}`), old);
    await play.status(finished);
    const file = join(it.room, 'deployment.json');
    const { ended, printed } = it.watch(namespace, { deploymentResult: file });
    await until(() => printed.some((line) => /^waiting for .*dev\/web:v1@/u.test(line)));
    await stage.patch(kinds.deployment, 'web', { spec: { template: templateOf(`${web}:v2@${wanted}`) } });
    const after = await play.replicaSet('new');
    const pods = await Promise.all(['a', 'b'].map((suffix) => play.pod(after, suffix, `${web}:v2@${wanted}`)));
    await play.status({ replicas: 3, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2 });
    for (const pod of pods) await play.running(pod, wanted);
    for (const suffix of ['x', 'y']) await stage.remove(kinds.pod, `web-old-${suffix}`);
    await play.status(finished);
    const last = Date.now();
    const { DEPLOYED, at, error } = await ended;
    expect(error).toBeUndefined();
    expect(DEPLOYED).toBe(`${web}:v2@${wanted}`);
    expect(at - last).toBeLessThan(1000);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      environment: 'dev',
      component: `Workload ${namespace}/web`,
      images: [{ imageName: 'web', digest: wanted }],
      workloads: [{ kind: 'Deployment', name: 'web', pods: 2 }],
    });
    expect(printed.at(-1)).toContain('proven by digest');
  });

  test('a missing build result is reported before op connects to the cluster or waits for the Lease', async () => {
    const { ended } = it.watch('shop', { buildResult: 'not-there.json', kubeconfig: '/not/there' });
    expect((await ended).error).toMatchObject({ kind: 'input', message: expect.stringContaining('not-there.json') });
  });

  test('the right template with another digest in the pods proves nothing', async () => {
    const { stage, namespace } = await it.newStage();
    const play = playDeployment(stage);
    await play.create(`${web}:v2`);
    const set = await play.replicaSet('new');
    for (const suffix of ['a', 'b']) await play.running(await play.pod(set, suffix, `${web}:v2`), old);
    await play.status(finished);
    const { ended, printed } = it.watch(namespace, { allowTag: true });
    const { error } = await ended;
    expect(error).toMatchObject({ kind: 'refused', why: expect.stringContaining(old) });
    expect(printed.join('\n')).toMatch(/WORKLOAD .*PODS\nDeployment\/web +web .*2 x sha256:bbbbbbbbbbbb/u);
  });

  test('a missing image ends it at once, with the events and the command', async () => {
    const { stage, namespace } = await it.newStage();
    const play = playDeployment(stage);
    await play.create(`${web}:v2@${wanted}`);
    const set = await play.replicaSet('new');
    const pod = await play.pod(set, 'a', `${web}:v2@${wanted}`);
    await play.status({ replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 });
    const { ended, printed } = it.watch(namespace);
    await until(() => printed.some((line) => line.includes('pods have the new template')));
    const { metadata } = await stage.get(kinds.pod, pod);
    await stage.create(kinds.event, 'failed', {
      type: 'Warning',
      reason: 'Failed',
      message: 'Failed to pull image: not found',
      lastTimestamp: new Date().toISOString().replace(/\.\d+/u, ''),
      involvedObject: { kind: 'Pod', name: pod, uid: metadata.uid, namespace },
    });
    const message = `Back-off pulling image "${web}": ErrImagePull: not found`;
    await stage.status(kinds.pod, pod, {
      phase: 'Pending',
      containerStatuses: [containerStatus('', { waiting: { reason: 'ImagePullBackOff', message } }, false)],
    });
    const last = Date.now();
    const { error, at } = await ended;
    expect(error).toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('ImagePullBackOff'),
      // For the cluster that was watched, whatever the person's own kubeconfig points at.
      hint: `kubectl --kubeconfig=${it.server.kubeconfig('admin')} describe pod/${pod} --namespace=${namespace}`,
    });
    expect(at - last).toBeLessThan(1500);
    expect(printed.join('\n')).toContain(`Pod/${pod} Failed: Failed to pull image`);
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'in a pod',
      { KUBERNETES_SERVICE_HOST: '10.96.0.1' },
      `start the Pipeline deliver with rebuild=false and revision to what this prints: git rev-parse '0a1b2c3^{commit}'`,
    ],
    [
      'on a laptop',
      {},
      'git checkout 0a1b2c3 && op push && op set-image --environment=dev && op watch-deployment --environment=dev',
    ],
  ])('a crash loop ends with what ran before, and how to deliver it, %s', async (_, env, command) => {
    const { stage, namespace } = await it.newStage();
    const play = playDeployment(stage);
    const [last, oldest] = [`${web}:0a1b2c3@${old}`, `${web}:9f8e7d6@sha256:${'c'.repeat(64)}`];
    await play.create(oldest);
    await play.replicaSet('oldest', 1);
    for (const [image, name, revision] of [
      [last, 'last', 2],
      [`${web}:v2@${wanted}`, 'new', 3],
    ] as const) {
      await stage.patch(kinds.deployment, 'web', {
        metadata: { annotations: { 'deployment.kubernetes.io/revision': `${revision}` } },
        spec: { template: templateOf(image) },
      });
      await play.replicaSet(name, revision);
    }
    const pod = await play.pod(await stage.get(kinds.replicaSet, 'web-new'), 'a', `${web}:v2@${wanted}`);
    await play.status({ replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 });
    await stage.status(kinds.pod, pod, {
      phase: 'Running',
      containerStatuses: [containerStatus(`${web}@${wanted}`, { waiting: { reason: 'CrashLoopBackOff' } }, false, 3)],
    });
    const { ended, printed } = it.watch(namespace, {}, { env: { ...it.env, ...env } });
    const { error } = await ended;
    expect(error).toMatchObject({ kind: 'tool', why: expect.stringContaining('it was started 4 times') });
    expect(printed.at(-1)).toBe(`--- before this rollout\ncontainer web of Deployment web ran ${last}`);
    expect(error?.hint.split('\n')).toEqual([
      expect.stringMatching(/ logs web-new-a .* --previous$/u),
      `to go back to 0a1b2c3: ${command}`,
    ]);
    // kubectl goes back to the same.
    const of = ['deployment/web', `--namespace=${namespace}`];
    await it.server.kubectl(['rollout', 'undo', ...of]);
    const { spec } = await stage.get(kinds.deployment, 'web');
    expect(spec).toMatchObject({ template: { spec: { containers: [{ image: last }] } } });
  });

  test('the deadline error says what it was still waiting for', async () => {
    const { stage, namespace } = await it.newStage();
    await playDeployment(stage).create(`${web}:v10`);
    const { error, at } = await it.watch(namespace, { timeout: 2500 }).ended.then((one) => one);
    expect(error).toMatchObject({ kind: 'deadline', why: expect.stringContaining(`is ${web}:v10`) });
    expect(at).toBeGreaterThan(0);
  });

  test('the connection breaks half-way: nothing is missed', async () => {
    const { stage, namespace } = await it.newStage();
    const play = playDeployment(stage);
    const image = `${web}:v2@${wanted}`;
    await play.create(image);
    const set = await play.replicaSet('new');
    const pods = await Promise.all(['a', 'b'].map((suffix) => play.pod(set, suffix, image)));
    await play.status({ replicas: 2, updatedReplicas: 2 });
    const line = await startForwarder(it.server.port);
    const kubeconfig = join(it.room, 'through-forwarder');
    await writeFile(kubeconfig, kubeconfigFor('admin', namespace, line.port));
    const { ended, printed } = it.watch(namespace, { kubeconfig });
    await until(() => printed.some((said) => said.includes('0 of 2 pods are available')));
    line.close();
    for (const pod of pods) await play.running(pod, wanted);
    await play.status(finished);
    await wait(1000);
    line.open();
    const { error } = await ended;
    await line.stop();
    expect(error).toBeUndefined();
  });

  test('SIGTERM ends it at once', async () => {
    const { stage, namespace } = await it.newStage();
    await playDeployment(stage).create(`${web}:v10`);
    const stop = new AbortController();
    const { ended, printed } = it.watch(namespace, {}, { signal: stop.signal });
    await until(() => printed.some((line) => line.includes('waiting for')));
    const told = Date.now();
    stop.abort(new Interrupted('SIGTERM'));
    const { error, at } = await ended;
    expect(error).toBeInstanceOf(Interrupted);
    expect(at - told).toBeLessThan(1000);
  });

  test('a missing component is a bad configuration, and the error lists what exists', async () => {
    const { stage, namespace } = await it.newStage();
    await playDeployment(stage, 'shop').create(`${web}:v2`);
    const { error } = await it.watch(namespace).ended;
    expect(error).toMatchObject({ kind: 'input', why: expect.stringContaining('Deployment shop') });
  });

  test('a missing namespace', async () => {
    const { error } = await it.watch('nowhere').ended;
    expect(error).toMatchObject({ kind: 'input', why: expect.stringContaining('the namespace does not exist') });
  });

  test('no permission to read', async () => {
    const { error } = await it.watch('default', { kubeconfig: it.server.kubeconfig('default') }).ended;
    expect(error).toMatchObject({ kind: 'tool', why: expect.stringMatching(/may not|no right|forbidden/u) });
  });
});
