import { App, Chart, Testing } from 'cdk8s';
import { expect, test } from 'vitest';
import { BuildKitDaemon, type BuildKitDaemonProps } from './buildkitd.js';

const image = `example.com/buildkitd:1@sha256:${'a'.repeat(64)}`;

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly ingress?: unknown; readonly template: PodTemplate };
}

interface PodTemplate {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly automountServiceAccountToken: boolean;
    readonly containers: readonly { readonly args: readonly string[] }[];
    readonly volumes: readonly { readonly name: string }[];
  };
}

function objects(props: Partial<BuildKitDaemonProps> = {}): Map<string, Manifest> {
  const chart = new Chart(new App(), 'buildkitd');
  new BuildKitDaemon(chart, 'buildkitd', { image, trust: 'untrusted', ...props });
  return new Map((Testing.synth(chart) as Manifest[]).map((object) => [object.kind, object]));
}
const pod = (all: Map<string, Manifest>) => all.get('Deployment')?.spec.template;
const annotationsOf = (props: Partial<BuildKitDaemonProps>) => pod(objects(props))?.metadata.annotations;
const volumesOf = (props: Partial<BuildKitDaemonProps>) => pod(objects(props))?.spec.volumes;

test('a client without a certificate is never served: every TCP address has TLS with a CA for clients', () => {
  expect(pod(objects())?.spec.containers[0]?.args).toEqual(
    expect.arrayContaining([
      '--addr=tcp://0.0.0.0:1234',
      '--tlscacert=/etc/buildkit/certs/ca.crt',
      '--tlscert=/etc/buildkit/certs/tls.crt',
      '--tlskey=/etc/buildkit/certs/tls.key',
    ]),
  );
  expect(volumesOf({})).toContainEqual({
    name: 'certs',
    secret: { secretName: 'buildkitd-certs', defaultMode: 0o400 },
  });
});

test('no token is mounted, and only labelled namespaces get in', () => {
  const all = objects();
  expect(pod(all)?.spec.automountServiceAccountToken).toBe(false);
  expect(all.get('NetworkPolicy')?.spec.ingress).toEqual([
    {
      from: [{ namespaceSelector: { matchLabels: { 'octopipeline.dev/buildkit-client': 'true' } } }],
      ports: [{ protocol: 'TCP', port: 1234 }],
    },
  ]);
});

test('everything is in one namespace, and another one is possible', () => {
  for (const namespace of ['octopipeline-buildkit', 'other']) {
    for (const [kind, { metadata }] of objects({ namespace })) {
      expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe(namespace);
    }
    for (const [kind, { metadata }] of objects({ namespace, trust: 'trusted' })) {
      expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe(`${namespace}-trusted`);
    }
  }
});

test('another configuration of buildkitd is another pod', () => {
  expect(annotationsOf({ insecureRegistries: ['registry.lab:5000'] })).not.toEqual(annotationsOf({}));
});

test('every emptyDir has a limit, so that a build cannot fill the disk of its node', () => {
  const volumes = [...(volumesOf({}) ?? []), ...(volumesOf({ claim: {} }) ?? [])].filter((one) => 'emptyDir' in one);
  expect(volumes.map(({ name }) => name)).toEqual(['state', 'run', 'tmp', 'run', 'tmp']);
  for (const volume of volumes) expect(volume).toHaveProperty('emptyDir.sizeLimit');
});

test('the cache is an emptyDir with a limit, or a claim of that size', () => {
  const state = (props: Partial<BuildKitDaemonProps>) => volumesOf(props)?.find(({ name }) => name === 'state');
  expect(state({ storage: '7Gi' })).toEqual({ name: 'state', emptyDir: { sizeLimit: '7Gi' } });
  expect(state({ claim: {} })).toEqual({ name: 'state', persistentVolumeClaim: { claimName: 'buildkitd' } });
  expect(objects({ claim: { storageClass: 'fast' }, storage: '7Gi' }).get('PersistentVolumeClaim')?.spec).toEqual({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '7Gi' } },
    storageClassName: 'fast',
  });
});
