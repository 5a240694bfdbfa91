import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { condition, ofKustomization, ofRelease, reconciled } from '../../../../test/op/flux-play.js';
import { kubernetesPath, missingTools } from '../../../../test/op/kubernetes-api.js';
import { finished, playDeployment, templateOf } from '../../../../test/op/rollout.js';
import { old, startWatchRoom, type WatchRoom, wanted, web } from '../../../../test/op/watch-room.js';
import { kinds } from '../../systems/kubernetes/api.js';

let cluster: WatchRoom;
beforeAll(async () => {
  cluster = await startWatchRoom({ flux: true });
});
afterAll(() => cluster?.stop());

const right = `${web}:v2@${wanted}`;
const wrong = `${web}:v1@${old}`;

/** Runs kubectl as a person does: it names the field manager by itself. */
const kubectl = (namespace: string, args: readonly string[], { input = '', editor = 'false' } = {}) =>
  execa('kubectl', [...args, `--namespace=${namespace}`], {
    input,
    env: {
      PATH: kubernetesPath,
      HOME: cluster.room,
      KUBECONFIG: cluster.server.kubeconfig('admin'),
      KUBE_EDITOR: editor,
    },
    extendEnv: false,
  });

const values = (image: string) => ({
  interval: '1h',
  chart: { spec: { chart: 'web', sourceRef: { kind: 'GitRepository', name: 'fleet' } } },
  values: { web: { image }, replicas: 2 },
});
const fromGit = { interval: '1h', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } };
const deployment = (image: string) => ({
  replicas: 2,
  selector: { matchLabels: { app: 'web' } },
  template: templateOf(image),
});

/** What Flux writes in a delivery of an image: a Kustomization in a Kustomization, with a HelmRelease, with a Deployment. */
function fluxIn({ stage, namespace }: Room) {
  const by = 'kustomize-controller';
  return {
    kustomization: (newTag: string) => {
      const images = [{ name: 'web', newTag }];
      return stage.apply(by, kinds.kustomization, 'shop', { ...fromGit, images }, ofKustomization(namespace, 'root'));
    },
    release: (image: string) =>
      stage.apply(by, kinds.helmRelease, 'web', values(image), ofKustomization(namespace, 'shop')),
    deployment: (image: string) =>
      stage.apply('helm-controller', kinds.deployment, 'web', deployment(image), ofRelease(namespace)),
  };
}

async function playDelivery(room: Room): Promise<void> {
  const { stage } = room;
  await stage.create(kinds.gitRepository, 'fleet', {
    spec: { interval: '1h', url: 'https://git.example.com/fleet.git' },
  });
  // That one is applied with kubectl everywhere.
  await stage.apply('kubectl-client-side-apply', kinds.kustomization, 'root', fromGit);
  const flux = fluxIn(room);
  await flux.kustomization('v2');
  await flux.release(right);
  await flux.deployment(right);
}

/** Flux has applied everything, and the cluster runs an image. */
async function refusalOf({ stage, namespace }: Room, runs: string) {
  const play = playDeployment(stage);
  const set = await play.replicaSet('one');
  for (const suffix of ['a', 'b']) await play.running(await play.pod(set, suffix, runs), runs.replace(/.*@/u, ''));
  await play.status(finished);
  const { ended } = cluster.watch(namespace);
  const artifact = {
    revision: 'main@sha1:1',
    digest: wanted,
    path: 'x',
    url: 'http://x/x',
    lastUpdateTime: '2026-01-02T03:04:05Z',
  };
  await reconciled(stage, kinds.gitRepository, 'fleet', { artifact });
  for (const name of ['root', 'shop']) {
    await reconciled(stage, kinds.kustomization, name, { lastAttemptedRevision: 'main@sha1:1' });
  }
  const { metadata } = await stage.get(kinds.helmRelease, 'web');
  await reconciled(stage, kinds.helmRelease, 'web', {
    conditions: [condition('Ready', 'True', 'UpgradeSucceeded', 'done', metadata.generation)],
  });
  const { error } = await ended;
  expect(error).toMatchObject({ kind: 'refused' });
  return error;
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const replacing = async (from: string, to: string): Promise<string> => {
  const file = join(cluster.room, 'editor');
  await writeFile(file, `#!/bin/sh\nexec sed -i 's|${from}|${to}|g' "$1"\n`);
  await chmod(file, 0o755);
  return file;
};
const imageOf = 'spec.template.spec.containers.name=web.image of Deployment web';

type Room = Awaited<ReturnType<WatchRoom['newStage']>>;

interface Case {
  readonly edit: (room: Room) => Promise<unknown>;
  readonly says: string;
  readonly by: string;
}

describe.skipIf(missingTools.length > 0)('who has changed the image by hand is named', () => {
  test.each<[string, Case]>([
    [
      'kubectl set image of the Deployment',
      {
        edit: ({ namespace }) => kubectl(namespace, ['set', 'image', 'deployment/web', `web=${wrong}`]),
        says: imageOf,
        by: 'kubectl-set',
      },
    ],
    [
      'kubectl edit of the Deployment',
      {
        edit: async ({ namespace }) =>
          kubectl(namespace, ['edit', 'deployment/web'], { editor: await replacing(right, wrong) }),
        says: imageOf,
        by: 'kubectl-edit',
      },
    ],
    [
      'kubectl patch of the Deployment',
      {
        edit: ({ namespace }) => {
          const patch = JSON.stringify({ spec: { template: templateOf(wrong) } });
          return kubectl(namespace, ['patch', 'deployment/web', `--patch=${patch}`]);
        },
        says: imageOf,
        by: 'kubectl-patch',
      },
    ],
    [
      'kubectl apply of the Deployment',
      {
        edit: async ({ namespace }) => {
          const metadata = { name: 'web', ...ofRelease(namespace) };
          const manifest = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment(wrong) };
          return kubectl(namespace, ['apply', '--filename=-'], { input: JSON.stringify(manifest) });
        },
        says: imageOf,
        by: 'kubectl-client-side-apply',
      },
    ],
    [
      'another program, such as helm on a laptop',
      {
        edit: ({ stage, namespace }) =>
          stage.apply('helm', kinds.deployment, 'web', deployment(wrong), ofRelease(namespace)),
        says: imageOf,
        by: 'helm',
      },
    ],
    [
      'kubectl edit of the HelmRelease',
      {
        edit: async (room) => {
          await kubectl(room.namespace, ['edit', 'helmrelease/web'], { editor: await replacing(right, wrong) });
          await fluxIn(room).deployment(wrong);
        },
        says: 'spec.values.web.image of HelmRelease NAMESPACE/web',
        by: 'kubectl-edit',
      },
    ],
    [
      'kubectl patch of the Kustomization',
      {
        edit: async (room) => {
          const patch = JSON.stringify({ spec: { images: [{ name: 'web', newTag: 'v1' }] } });
          await kubectl(room.namespace, ['patch', 'kustomization/shop', '--type=merge', `--patch=${patch}`]);
          await fluxIn(room).release(wrong);
          await fluxIn(room).deployment(wrong);
        },
        says: 'spec.images of Kustomization NAMESPACE/shop',
        by: 'kubectl-patch',
      },
    ],
  ])('%s', async (_, { edit, says, by }) => {
    const room = await cluster.newStage();
    await playDelivery(room);
    await edit(room);
    const error = await refusalOf(room, wrong);
    expect(error?.why).toMatch(
      new RegExp(
        `${says.replace('NAMESPACE', room.namespace)} was last changed by ${by} at ${time}, not by Flux$`,
        'mu',
      ),
    );
    expect(error?.hint).toMatch(/^deliver again: /u);
    expect(error?.hint.includes('flux reconcile helmrelease web')).toBe(says === imageOf);
  });

  test('nobody, where only Flux has written', async () => {
    const room = await cluster.newStage();
    await playDelivery(room);
    // Somebody has stopped it and let it go on: that decides no image.
    const patch = JSON.stringify({ spec: { suspend: false } });
    await kubectl(room.namespace, ['patch', 'helmrelease/web', '--type=merge', `--patch=${patch}`]);
    await fluxIn(room).release(wrong);
    await fluxIn(room).deployment(wrong);
    const error = await refusalOf(room, wrong);
    expect(error?.why).not.toContain('last changed by');
    expect(error?.hint).toContain('that they were pushed');
  });
});
