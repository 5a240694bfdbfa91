/** The optional buildkitd of `dist/optional/` on the test cluster, with its own certificates. */
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import lock from '../../image/image.lock.json' with { type: 'json' };
import { createCatalog } from '../../src/catalog.js';
import { apply, kubectl, places, projectRoot } from './command.js';
import {
  digest,
  privateRegistryForPods,
  privateRegistryService,
  registry,
  registryForPods,
  registryService,
} from './registry.js';

const namespace = 'octopipeline-buildkit';
const host = `buildkitd.${namespace}.svc`;

/** A buildkitd that runs on the cluster. */
export interface ClusterBuildKit {
  /** The address for pods: `tcp://HOST:PORT`. */
  readonly address: string;
  /** The address for programs in the cluster's network namespace, which cannot resolve Services: the address of the Service. */
  readonly addressByIp: string;
  /** The name in its certificate, for `--tlsservername`. */
  readonly serverName: string;
  /** Directory on this machine with ca.crt, tls.crt and tls.key of a client. */
  readonly clientCertificates: string;
  /** Gives the pods of a namespace access: the label that the NetworkPolicy asks for, and a Secret `buildkit-client` for the workspace of that name. */
  readonly clientSecret: (namespace: string) => Promise<void>;
}

/**
 * Installs `dist/optional/buildkitd.yaml`, with plain HTTP allowed to the cluster's two registries, and waits until it is ready. When it runs
 * already, nothing changes; several test files may call it at once.
 */
export async function startBuildKit(): Promise<ClusterBuildKit> {
  const certificates = await makeCertificates();
  const manifests = await buildKitManifests();
  await apply(manifests);
  await applySecret('buildkitd-certs', namespace, join(certificates, 'server'));
  await kubectl(['rollout', 'status', 'deployment/buildkitd', `--namespace=${namespace}`, '--timeout=120s'], {
    timeout: 130_000,
  });
  const ip = await kubectl([
    'get',
    'service/buildkitd',
    `--namespace=${namespace}`,
    '--output=jsonpath={.spec.clusterIP}',
  ]);
  const clientCertificates = join(certificates, 'client');
  return {
    address: `tcp://${host}:1234`,
    addressByIp: `tcp://${ip}:1234`,
    serverName: host,
    clientCertificates,
    clientSecret: async (client) => {
      await kubectl(['label', 'namespace', client, 'octopipeline.dev/buildkit-client=true', '--overwrite']);
      await applySecret('buildkit-client', client, clientCertificates);
    },
  };
}

/** The file as a platform team would generate it for this cluster; the image is the one that was built. */
async function buildKitManifests(): Promise<string> {
  const { image } = lock.buildkitd;
  const inRegistry = `${registry}/${image.slice(image.indexOf('/') + 1)}`;
  const built = await digest(inRegistry);
  if (built === undefined) throw new Error(`${inRegistry} is missing; do: test/cluster/push-image`);
  const catalog = createCatalog({
    buildkitd: {
      image: `${image}@sha256:${built.slice('sha256:'.length)}`,
      insecureRegistries: [registryForPods, registryService, privateRegistryForPods, privateRegistryService],
      storage: '10Gi',
      resources: { requests: { cpu: '100m', memory: '128Mi' } },
    },
  });
  return catalog.files().get('optional/buildkitd.yaml') ?? '';
}

/** A Secret of the three files of a directory; the same files change nothing. */
async function applySecret(name: string, where: string, directory: string): Promise<void> {
  const data = Object.fromEntries(
    await Promise.all(
      ['ca.crt', 'tls.crt', 'tls.key'].map(async (file) => [file, await readFile(join(directory, file), 'base64')]),
    ),
  );
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: where }, data }));
}

/** Certificates made with the commands of docs/platform-teams.md, once for each cluster: the first caller creates the directory. */
async function makeCertificates(): Promise<string> {
  const { state } = await places();
  const final = join(state, 'buildkit-certs');
  const made = await mkdtemp(`${final}-`);
  const page = await readFile(join(projectRoot, 'docs/platform-teams.md'), 'utf8');
  const [, commands = ''] = /```sh\n(mkdir server client\n[\s\S]*?)```/u.exec(page) ?? [];
  await execa('bash', ['-euo', 'pipefail', '-c', commands], { cwd: made });
  try {
    await rename(made, final);
  } catch {
    await rm(made, { recursive: true });
  }
  return final;
}
