import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  kubernetesPath,
  missingTools,
  type KubernetesApi as Server,
  startKubernetesApi,
  type User,
} from '../../../../test/op/kubernetes-api.js';
import { tektonCrd } from '../../../../test/op/tekton-crd.js';
import { testContext } from '../../../../test/op/test-context.js';
import type { Context } from '../../context.js';
import { Interrupted } from '../../kit/errors/op-error.js';
import { defaultSettings, fingerprintOfCluster } from '../../store/hold/hold.js';
import { type KubernetesApi, openApi } from '../../systems/kubernetes/api.js';
import { acquireLease } from './acquire.js';

describe.skipIf(missingTools.length > 0)('on a real API server', () => {
  let server: Server;
  let room: string;
  let settings = defaultSettings;
  const quick = () => ({ ...settings, renewEvery: 200, giveUp: 1500 });

  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), 'lease-test-'));
    settings = { ...defaultSettings, certificateFile: join(room, 'ca.crt') };
    await writeFile(settings.certificateFile, 'the certificate of this cluster');
    server = await startKubernetesApi();
    await server.kubectl(['create', 'namespace', 'shop']);
    await server.kubectl(['create', 'namespace', 'ci']);
    for (const [plural, kind] of [
      ['pipelineruns', 'PipelineRun'],
      ['taskruns', 'TaskRun'],
    ] as const) {
      await server.kubectl(['apply', '--filename=-'], JSON.stringify(tektonCrd(plural, kind)));
      await server.kubectl(['wait', '--for=condition=Established', `crd/${plural}.tekton.dev`]);
    }
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await rm(room, { recursive: true, force: true });
  });

  interface Asking {
    readonly environment: string;
    readonly holder?: string;
    readonly keep?: boolean;
    readonly wait?: number;
    readonly user?: User;
    readonly signal?: AbortSignal;
    readonly settings?: typeof defaultSettings;
  }
  /** One command that acquires the Lease; `printed` is its log. */
  function ask<T>(
    { environment, holder = 'ann', keep = false, wait: longest = 30_000, user = 'admin', signal, ...more }: Asking,
    work: (context: Context, api: KubernetesApi) => Promise<T>,
  ) {
    const env = { PATH: kubernetesPath, HOME: room, KUBECONFIG: server.kubeconfig('admin') };
    const { context, printed } = testContext({ env, ...(signal && { signal }) });
    const request = { environment, component: 'shop', holder, keep, wait: longest };
    const acquire = async () => {
      await using api = await openApi(context, { kubeconfig: server.kubeconfig(user), namespace: 'shop' });
      await using lease = await acquireLease(context, api, request, more.settings ?? settings);
      const value = await work(lease.context, lease.api);
      lease.succeeded();
      return value;
    };
    const result = acquire();
    result.catch(() => undefined);
    return { result, printed };
  }
  const name = (environment: string) => `octopipeline-${environment}-shop`;
  const read = async (environment: string) =>
    JSON.parse(await server.kubectl(['get', 'lease', name(environment), '--namespace=shop', '--output=json']));
  const micro = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString().replace('Z', '000Z');

  /** A Lease that another holder has and does not renew. */
  async function heldBy(environment: string, holder: string, { seconds = 60, renewed = 0, cluster = '' } = {}) {
    const annotations = { 'octopipeline/holder-cluster': cluster };
    const spec = {
      holderIdentity: holder,
      leaseDurationSeconds: seconds,
      acquireTime: micro(renewed + 60),
      renewTime: micro(renewed),
    };
    const metadata = { name: name(environment), namespace: 'shop', annotations };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    await server.kubectl(['create', '--filename=-'], JSON.stringify(lease));
  }

  async function run(named: string, succeeded: string | undefined, kind = 'PipelineRun'): Promise<string> {
    const condition = { type: 'Succeeded', status: succeeded, reason: succeeded === 'Unknown' ? 'Running' : 'Done' };
    const object = {
      apiVersion: 'tekton.dev/v1',
      kind,
      metadata: { name: named, namespace: 'ci' },
      ...(succeeded && { status: { conditions: [condition] } }),
    };
    const made = JSON.parse(await server.kubectl(['create', '--filename=-', '--output=json'], JSON.stringify(object)));
    return `${kind.toLowerCase()}/ci/${named}/${made.metadata.uid}`;
  }

  test('it is created, held while the work runs, and released', async () => {
    const { result, printed } = ask({ environment: 'plain' }, async () => read('plain'));
    const while_ = await result;
    expect(while_.spec).toMatchObject({ holderIdentity: 'ann', leaseDurationSeconds: 60, leaseTransitions: 0 });
    expect(while_.metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'octopipeline' });
    expect((await read('plain')).spec.holderIdentity).toBe('');
    expect(printed).toEqual([
      'Lease octopipeline-plain-shop in namespace shop: created and taken by ann',
      'Lease octopipeline-plain-shop in namespace shop: released',
    ]);
  });

  test('without a request there is no Lease', async () => {
    const { context } = testContext();
    await using lease = await acquireLease(context, {} as KubernetesApi, undefined);
    expect(lease.context).toBe(context);
    lease.succeeded();
  });

  test('a second holder waits, says for whom, and starts within a second of the release', async () => {
    const order: string[] = [];
    const first = ask({ environment: 'two', holder: 'ann' }, async () => {
      order.push('ann begins');
      await wait(2500);
      order.push('ann ends');
      return Date.now();
    });
    await wait(1000);
    const second = ask({ environment: 'two', holder: 'bob' }, async () => {
      order.push('bob begins');
      return Date.now();
    });
    expect((await second.result) - (await first.result)).toBeLessThan(1000);
    expect(order).toEqual(['ann begins', 'ann ends', 'bob begins']);
    expect(second.printed[0]).toMatch(
      /^Lease octopipeline-two-shop: held by ann for \ds, renewed \ds ago; waiting for up to 30s more$/u,
    );
    expect(second.printed).toContain('Lease octopipeline-two-shop in namespace shop: taken by bob');
    expect((await read('two')).spec.leaseTransitions).toBe(1);
  });

  test('many holders take turns, never two at a time', async () => {
    let inside = 0;
    const most: number[] = [];
    const holders = ['a', 'b', 'c', 'd', 'e'].map((holder) =>
      ask({ environment: 'many', holder }, async () => {
        inside += 1;
        most.push(inside);
        await wait(50);
        inside -= 1;
      }),
    );
    await Promise.all(holders.map(({ result }) => result));
    expect(most).toEqual([1, 1, 1, 1, 1]);
  });

  test('a kept Lease is continued by the same holder, and closed to others', async () => {
    await ask({ environment: 'keep', keep: true }, async () => {}).result;
    const { spec } = await read('keep');
    expect(spec).toMatchObject({ holderIdentity: 'ann', leaseDurationSeconds: 900 });
    const other = ask({ environment: 'keep', holder: 'bob', wait: 1500 }, async () => {});
    await expect(other.result).rejects.toMatchObject({
      kind: 'deadline',
      message: 'timed out waiting for Lease octopipeline-keep-shop in namespace shop, held by ann',
      why: expect.stringMatching(/^it has been held for \ds and was renewed \ds ago; this command has waited 2s$/u),
      hint: expect.stringMatching(/kubectl --kubeconfig=\S+ delete lease octopipeline-keep-shop --namespace shop/u),
    });
    const again = ask({ environment: 'keep' }, async () => read('keep'));
    expect((await again.result).spec).toMatchObject({ acquireTime: spec.acquireTime, leaseDurationSeconds: 60 });
    expect(again.printed.join('\n')).not.toMatch(/held|taken/u);
    expect((await read('keep')).spec.holderIdentity).toBe('');
  });

  test('a failure releases it, even with keep', async () => {
    const failing = ask({ environment: 'fails', keep: true }, async () => {
      throw new Error('the work failed');
    });
    await expect(failing.result).rejects.toThrow('the work failed');
    expect((await read('fails')).spec.holderIdentity).toBe('');
  });

  test('Ctrl-C releases it', async () => {
    const stop = new AbortController();
    const stopped = ask({ environment: 'ctrl-c', keep: true, signal: stop.signal }, async (context) => {
      stop.abort(new Interrupted('SIGINT'));
      context.signal.throwIfAborted();
    });
    await expect(stopped.result).rejects.toThrow('stopped by SIGINT');
    expect((await read('ctrl-c')).spec.holderIdentity).toBe('');
  });

  test('Ctrl-C stops the waiting and leaves the Lease to its holder', async () => {
    await heldBy('ctrl-w', 'bob');
    const stop = new AbortController();
    const stopped = ask({ environment: 'ctrl-w', signal: stop.signal }, async () => {});
    setTimeout(() => stop.abort(new Interrupted('SIGTERM')), 1000);
    await expect(stopped.result).rejects.toThrow('stopped by SIGTERM');
    expect((await read('ctrl-w')).spec.holderIdentity).toBe('bob');
  });

  test('it is renewed while the work runs', async () => {
    const { result } = ask({ environment: 'renew', settings: quick() }, async () => {
      const before = await read('renew');
      await wait(1000);
      return [before.spec.renewTime, (await read('renew')).spec.renewTime];
    });
    const [before, after] = await result;
    expect(new Date(after).getTime() - new Date(before).getTime()).toBeGreaterThan(500);
  });

  test.each([
    ['taken over', { spec: { holderIdentity: 'eve' } }, 'eve holds it now'],
    ['released by hand', { spec: { holderIdentity: '' } }, 'it was released'],
    ['deleted', undefined, 'it was deleted'],
  ])('when it is %s, the work is aborted within a second', async (word, patch, why) => {
    const environment = `lost-${word.replaceAll(' ', '-')}`;
    const lost = ask({ environment }, async (context) => {
      const args = ['lease', name(environment), '--namespace=shop'];
      await server.kubectl(
        patch ? ['patch', ...args, '--type=merge', `--patch=${JSON.stringify(patch)}`] : ['delete', ...args],
      );
      await wait(1000);
      context.signal.throwIfAborted();
      expect.unreachable('the work continued');
    });
    await expect(lost.result).rejects.toMatchObject({
      kind: 'tool',
      message: `Lease ${name(environment)} in namespace shop was lost, so the work was stopped`,
      why,
    });
    if (patch?.spec.holderIdentity) expect((await read(environment)).spec.holderIdentity).toBe('eve');
  });

  test('when it cannot be renewed, the work is aborted before another holder may start', async () => {
    const rights = ['--verb=get,list,watch,create,update', '--resource=leases', '--namespace=shop'];
    await server.kubectl(['create', 'role', 'leases', ...rights]);
    await server.kubectl([
      'create',
      'rolebinding',
      'leases',
      '--role=leases',
      '--serviceaccount=shop:builder',
      '--namespace=shop',
    ]);
    await server.kubectl([
      'create',
      'rolebinding',
      'b',
      '--role=leases',
      '--serviceaccount=shop:octopipeline-build-push',
      '--namespace=shop',
    ]);
    const lost = ask({ environment: 'cannot', user: 'builder', settings: quick() }, async (context) => {
      await server.kubectl(['delete', 'rolebinding', 'b', '--namespace=shop']);
      await wait(5000, undefined, { signal: context.signal }).catch(() => undefined);
      context.signal.throwIfAborted();
      expect.unreachable('the work continued');
    });
    await expect(lost.result).rejects.toMatchObject({
      message: expect.stringContaining('was lost'),
      why: expect.stringMatching(/^it was not renewed for 2s: .* has no right to get leases/u),
    });
    expect(lost.printed.at(-1)).toContain('warning: cannot release Lease octopipeline-cannot-shop');
  });

  describe('is taken over', () => {
    const takes = async (environment: string) => {
      const { result, printed } = ask({ environment, holder: 'new', wait: 10_000 }, async () => 'mine');
      expect(await result).toBe('mine');
      return printed.find((line) => line.includes('taken over')) ?? printed.join('\n');
    };

    test('at once when it has expired by the times written in it', async () => {
      await heldBy('old', 'bob', { renewed: 90 });
      expect(await takes('old')).toMatch(
        /taken over by new from bob, which has held it for 2m3\ds: it was last renewed 1m3\ds ago and lasts 1m$/u,
      );
    });

    test('when nobody renews it for its whole duration, whatever the clocks say', async () => {
      await heldBy('future', 'bob', { seconds: 2, renewed: -3600 });
      const start = Date.now();
      expect(await takes('future')).toMatch(
        /from bob.*: it was not renewed while it was watched for 2s, and lasts 2s$/u,
      );
      expect(Date.now() - start).toBeGreaterThan(1900);
    });

    test.each(['PipelineRun', 'TaskRun'])('when the %s that holds it has ended', async (kind) => {
      const cluster = await fingerprintOfCluster(settings);
      const holder = await run(`over-${kind.toLowerCase()}`, 'False', kind);
      await heldBy(`over-${kind.toLowerCase()}`, holder, { cluster, seconds: 900 });
      expect(await takes(`over-${kind.toLowerCase()}`)).toMatch(
        new RegExp(`: its ${kind} ci/over-\\w+ has failed \\(Done\\)$`, 'u'),
      );
    });

    test('within a second of the end of the run that holds it, and not before', async () => {
      const holder = await run('ends', 'Unknown');
      await heldBy('ends', holder, { cluster: await fingerprintOfCluster(settings), seconds: 900 });
      const start = Date.now();
      const taken = takes('ends').then((line) => ({ line, at: Date.now() }));
      await wait(2000);
      await server.kubectl(['delete', 'pipelinerun', 'ends', '--namespace=ci']);
      const ended = Date.now();
      const { line, at } = await taken;
      expect(line).toContain('its PipelineRun ci/ends no longer exists');
      expect(at - start).toBeGreaterThan(1900);
      expect(at - ended).toBeLessThan(1000);
    });

    test('when another run has the name of the one that holds it', async () => {
      await run('again', 'Unknown');
      await heldBy('again', 'pipelinerun/ci/again/another-uid', {
        cluster: await fingerprintOfCluster(settings),
        seconds: 900,
      });
      expect(await takes('again')).toContain('its PipelineRun ci/again was deleted; another run has its name now');
    });
  });

  describe('is not taken over', () => {
    const waits = async (environment: string) => {
      const { result, printed } = ask({ environment, holder: 'new', wait: 1500 }, async () => expect.unreachable());
      await expect(result).rejects.toMatchObject({ kind: 'deadline' });
      return printed.join('\n');
    };

    test('from a run that is still running', async () => {
      await heldBy('goes-on', await run('goes-on', 'Unknown'), { cluster: await fingerprintOfCluster(settings) });
      await waits('goes-on');
    });

    test('from a run that was just created and has no status', async () => {
      await heldBy('fresh', await run('fresh', undefined), { cluster: await fingerprintOfCluster(settings) });
      await waits('fresh');
    });

    test('from a run of another cluster, which this cluster does not have', async () => {
      await heldBy('elsewhere', 'pipelinerun/ci/elsewhere/uid', { cluster: 'another' });
      await waits('elsewhere');
    });
  });

  test('without permission for Leases the error says which, and how to get it', async () => {
    const denied = ask({ environment: 'denied', user: 'default' }, async () => expect.unreachable());
    await expect(denied.result).rejects.toMatchObject({
      kind: 'tool',
      message: 'cannot read Lease octopipeline-denied-shop in namespace shop',
      why: expect.stringContaining(
        'system:serviceaccount:shop:default has no right to get leases of coordination.k8s.io',
      ),
      hint: expect.stringContaining('--role=octopipeline-environment'),
    });
    expect(denied.printed).toEqual([]);
  });

  test('a Lease without a spec is free', async () => {
    await server.kubectl(
      ['create', '--filename=-'],
      JSON.stringify({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: name('empty'), namespace: 'shop' },
      }),
    );
    const { result, printed } = ask({ environment: 'empty' }, async () => read('empty'));
    expect((await result).spec.holderIdentity).toBe('ann');
    expect(printed[0]).toContain('taken by ann');
  });
});
