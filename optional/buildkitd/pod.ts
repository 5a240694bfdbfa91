import { k8s } from 'cdk8s-plus-28';
import type { StepResources } from '../../src/cdk8s/config-value.js';

/** The settings of the buildkitd pod. */
export interface PodSettings {
  readonly image: string;
  /** Name of the ServiceAccount, the ConfigMap and the container. */
  readonly name: string;
  readonly port: number;
  /** Secret with ca.crt, tls.crt and tls.key. */
  readonly certificates: string;
  readonly resources: StepResources;
  /** Where /var/lib/buildkit is. */
  readonly state: Omit<k8s.Volume, 'name'>;
}

/** Asks for a worker over the Unix socket, which needs no certificate. */
const probe: k8s.Probe = {
  exec: { command: ['buildctl', '--addr=unix:///run/buildkit/buildkitd.sock', 'debug', 'workers'] },
};

const quantities = (values: { readonly cpu?: string; readonly memory?: string } = {}) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, k8s.Quantity.fromString(value)]));

/** The pod of buildkitd. It is privileged: docs/decisions/0006. */
export function buildkitdPod({ image, name, port, certificates, resources, state }: PodSettings): k8s.PodSpec {
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // It exits when all running builds have finished, or after this time.
    terminationGracePeriodSeconds: 300,
    containers: [
      {
        name,
        image,
        command: ['buildkitd'],
        args: [
          '--addr=unix:///run/buildkit/buildkitd.sock',
          `--addr=tcp://0.0.0.0:${port}`,
          '--tlscacert=/etc/buildkit/certs/ca.crt',
          '--tlscert=/etc/buildkit/certs/tls.crt',
          '--tlskey=/etc/buildkit/certs/tls.key',
          '--config=/etc/buildkit/buildkitd.toml',
          '--oci-worker-net=host',
        ],
        ports: [{ name: 'grpc', containerPort: port }],
        securityContext: { privileged: true, readOnlyRootFilesystem: true },
        resources: { requests: quantities(resources.requests), limits: quantities(resources.limits) },
        startupProbe: { ...probe, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60 },
        readinessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 10 },
        // Lenient: a busy buildkitd is not dead, and a restart would abort every build.
        livenessProbe: { ...probe, periodSeconds: 30, timeoutSeconds: 30, failureThreshold: 5 },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/buildkit/buildkitd.toml', subPath: 'buildkitd.toml', readOnly: true },
          { name: 'certs', mountPath: '/etc/buildkit/certs', readOnly: true },
          { name: 'state', mountPath: '/var/lib/buildkit' },
          { name: 'run', mountPath: '/run' },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'certs', secret: { secretName: certificates, defaultMode: 0o400 } },
      { name: 'state', ...state },
      // Sockets and the state of runc in one, unpacked uploads in the other; what is large is in /var/lib/buildkit.
      { name: 'run', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } },
      { name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('8Gi') } },
    ],
  };
}
