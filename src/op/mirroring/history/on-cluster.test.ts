import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  kubernetesPath,
  missingTools,
  type KubernetesApi as Server,
  startKubernetesApi,
} from '../../../../test/op/kubernetes-api.js';
import { testContext } from '../../../../test/op/test-context.js';
import { openHistory } from './open.js';
import { type RecordedRun, runIdOf } from './recorded.js';
import { takeTurn } from './take-turn.js';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A run of so many images, whose digests no compression makes smaller. */
function runOf(count: number, at = '2026-11-27T16:10:00.000Z'): RecordedRun {
  const images = Array.from({ length: count }, (_, number) => {
    const name = `team-${number % 40}/app-${number % 350}:v${number % 9}.${number}`;
    return {
      source: `quay.io/${name}`,
      destination: `registry.site.example/mirror/${name}`,
      digest: digestOf(name),
      outcome: 'mirrored' as const,
    };
  });
  return {
    run: {
      id: runIdOf(at, digestOf(at)),
      workflow: 'direct',
      plannedAt: at,
      verifiedAt: at,
      mirrorFile: 'mirror.yaml',
      mirrorDigest: digestOf('file'),
      planDigest: digestOf(at),
      images: count,
      failing: 0,
      unlisted: 0,
      copied: count,
      bytes: 0,
    },
    images: images.toSorted((one, other) => (one.destination < other.destination ? -1 : 1)),
  };
}

describe.skipIf(missingTools.length > 0)('the history of a mirror on a real API server', () => {
  let server: Server;
  let room: string;
  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), 'mirror-on-cluster-'));
    server = await startKubernetesApi();
    await server.kubectl(['create', 'namespace', 'mirrors']);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await rm(room, { recursive: true, force: true });
  });

  const mirror = { name: 'site', history: 30 };
  const request = (directory: string) => ({ store: 'cluster', namespace: 'mirrors', directory });
  const context = () => {
    const env = { PATH: kubernetesPath, HOME: room, KUBECONFIG: server.kubeconfig('admin'), USER: 'ann' };
    return testContext({ cwd: room, env }).context;
  };

  it('fits 7,241 images into one ConfigMap, and splits more of them', async () => {
    await using history = await openHistory(context(), mirror, request('one'));
    const names = async () => (await server.kubectl(['get', 'configmaps', '-n', 'mirrors', '-o', 'name'])).trim();
    const count = async () => (await names()).split('\n').filter((name) => name.includes('mirrors-site')).length;
    const real = runOf(7241);
    await history.recordRun(real);
    expect(await count()).toBe(2);
    const large = runOf(20_000, '2026-11-28T16:10:00.000Z');
    await history.recordRun(large);
    expect(await count()).toBeGreaterThan(3);
    expect(await history.latestRun()).toEqual(large);
    expect(await history.latestRun(large.run.id)).toEqual(real);
  });

  it('has a Lease that one run holds, wherever the others are', async () => {
    await using turn = await takeTurn(context(), mirror, request('one'));
    await expect(takeTurn(context(), mirror, request('two'))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^Lease octopipeline\.mirror\.site in namespace mirrors is held by ann@/u),
    });
    turn.succeeded();
  });
});
