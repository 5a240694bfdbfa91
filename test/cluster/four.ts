/** What the tests of `engines*.test.ts` share: the sample with four images, the images it is built from, and pods that run the results. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { pushBuilder } from '../builder/push-builder.js';
import { pushBusybox } from '../op/busybox-image.js';
import { startRegistry } from '../op/local-registry.js';
import { withTools } from '../tools.js';
import { projectRoot } from './command.js';
import { crane, enter, filesOf, kubectl, type Run, registry, registryForPods } from './rig.js';

/** Where the cluster finds the images that Dockerfiles and builders name: `image-mirrors` of the Tasks. */
export const mirrors = `docker.io=${registryForPods}/docker.io,ghcr.io=${registryForPods}`;

/** The builder that the sample names. */
export const builder = 'ghcr.io/octopilot/builders/builder:1';

/** Pushes everything that the sample is built from: the base image of its Dockerfiles, the builder and its run image. */
export async function pushBases(): Promise<void> {
  await Promise.all([
    pushBase(),
    pushBuilder('ghcr.io/octopilot', (layout, reference) =>
      crane(['push', layout, reference.replace('ghcr.io', registry)]),
    ),
  ]);
}

/** The small base image of the Dockerfiles, under the name of the one on Docker Hub. */
async function pushBase(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'busybox-'));
  // Built outside the cluster, whose registry is reachable only from inside.
  const local = await startRegistry();
  try {
    pushBusybox(`${local.host}/busybox`);
    const layout = join(directory, 'layout');
    await execa('crane', ['pull', '--format=oci', `${local.host}/busybox`, layout], { env: withTools(['crane']) });
    await crane(['push', layout, `${registry}/docker.io/library/busybox:1.36`]);
  } finally {
    await local.stop();
    await rm(directory, { recursive: true });
  }
}

/** The files of the sample, as the files of a repository. */
export const fourFiles = (): Promise<Record<string, string>> => filesOf(join(projectRoot, 'test/cluster/samples/four'));

/** A pod with Pod Security `restricted` that runs one process of an image. */
function pod(name: string, image: string, port: number, process: string | undefined): object {
  const probe = { httpGet: { path: '/', port }, periodSeconds: 1 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'app',
          image,
          env: [{ name: 'PORT', value: `${port}` }],
          ...(process === undefined ? { readinessProbe: probe } : { command: [`/cnb/process/${process}`] }),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}

const port = 9090;

/** Runs an image, its default process or a given one, and waits until it answers over HTTP or has printed a given text. */
export async function runImage(namespace: string, name: string, image: string, process?: string): Promise<void> {
  const manifest = JSON.stringify(pod(name, image, port, process));
  await kubectl(['create', `--namespace=${namespace}`, '--filename=-'], { input: manifest });
  const until = process === undefined ? 'condition=Ready' : 'jsonpath={.status.phase}=Running';
  await kubectl(['wait', `pod/${name}`, `--namespace=${namespace}`, `--for=${until}`, '--timeout=60s'], {
    timeout: 70_000,
  });
}

/** What a pod of {@link runImage} answers, and the status of the answer. */
export async function ask(namespace: string, name: string, path: string): Promise<{ status: number; body: string }> {
  const ip = await kubectl(['get', `pod/${name}`, `--namespace=${namespace}`, '--output=jsonpath={.status.podIP}']);
  const { stdout } = await enter('curl', ['-s', '--write-out', '\n%{http_code}', `http://${ip}:${port}${path}`]);
  const lines = stdout.split('\n');
  return { status: Number(lines.at(-1)), body: lines.slice(0, -1).join('\n').trim() };
}

/** The origin of each image in the table at the end of a log: image to `built` or `reused`. */
export function howOf(log: string): Record<string, string> {
  const row = /^(?:\[[^\]]*\] )?(\S+) +\S+:\S+ +[0-9a-f]{12} .*? (?:buildkit|lifecycle|skaffold) +(built|reused)\b/gmu;
  return Object.fromEntries([...log.matchAll(row)].map(([, image = '', how = '']) => [image, how]));
}

/** The directory on this machine of the volume of a run. */
export async function volumeOf({ name, namespace }: Run): Promise<string> {
  const owned = `{.items[?(@.metadata.ownerReferences[0].name=="${name}")].spec.volumeName}`;
  const volume = await kubectl(['get', 'pvc', `--namespace=${namespace}`, `--output=jsonpath=${owned}`]);
  return kubectl(['get', `pv/${volume}`, '--output=jsonpath={.spec.local.path}']);
}
