import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import lock from '../../image/image.lock.json' with { type: 'json' };
import type { BuildKitConfig } from '../../src/cdk8s/buildkitd-config.js';
import { egressButMetadataServices } from '../../src/cdk8s/egress.js';
import { buildkitdPod } from './pod.js';
import { buildkitdToml, type TomlSettings } from './toml.js';

/** The image of buildkitd: tag and digest, from the one lock file. */
export const buildkitdImage = `${lock.buildkitd.image}@${lock.buildkitd.digest}`;

const name = 'buildkitd';
const port = 1234;
const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'octopipeline' };

/** Settings of a buildkitd, and its image. */
export interface BuildKitDaemonProps extends Omit<BuildKitConfig, 'image'> {
  readonly image: string;
  /** The builds that it is for; that for trusted ones has a namespace and clients of its own. */
  readonly trust: TomlSettings['trust'];
}

/** The label of a namespace whose pods may connect. */
const clientLabels = {
  trusted: 'octopipeline.dev/trusted-buildkit-client',
  untrusted: 'octopipeline.dev/buildkit-client',
} as const;

/**
 * A buildkitd in a separate namespace that builds Dockerfiles for clients with a certificate. Its pod is the only privileged one of the
 * catalog: it starts the containers of `RUN` steps.
 */
export class BuildKitDaemon extends Construct {
  constructor(scope: Construct, id: string, props: BuildKitDaemonProps) {
    super(scope, id);
    const { image, trust, storage = '50Gi', claim } = props;
    const namespace = `${props.namespace ?? 'octopipeline-buildkit'}${trust === 'trusted' ? '-trusted' : ''}`;
    const { requests, limits } = props.resources ?? {
      requests: { cpu: '1', memory: '1Gi' },
      limits: { memory: '8Gi' },
    };
    const metadata = { name, namespace, labels };
    const toml = buildkitdToml({
      mirrors: props.mirrors ?? {},
      insecureRegistries: props.insecureRegistries ?? [],
      storage,
      trust,
    });
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: namespace,
        labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
        annotations: {
          'octopipeline.dev/privileged-because':
            'buildkitd mounts filesystems and starts the containers of RUN steps; see docs/decisions/0006 of octopipeline',
        },
      },
    });
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeConfigMap(this, 'config', { metadata, data: { 'buildkitd.toml': toml } });
    const size = k8s.Quantity.fromString(storage);
    if (claim !== undefined) {
      new k8s.KubePersistentVolumeClaim(this, 'claim', {
        metadata,
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: size } },
          ...(claim.storageClass === undefined ? {} : { storageClassName: claim.storageClass }),
        },
      });
    }
    new k8s.KubeDeployment(this, 'deployment', {
      metadata,
      spec: {
        replicas: 1,
        // Two pods must not share one cache.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          // A new configuration starts a new pod.
          metadata: { labels, annotations: { 'octopipeline.dev/config-sha256': sha256(toml) } },
          spec: buildkitdPod({
            image,
            name,
            port,
            certificates: 'buildkitd-certs',
            resources: { ...(requests && { requests }), ...(limits && { limits }) },
            state:
              claim === undefined ? { emptyDir: { sizeLimit: size } } : { persistentVolumeClaim: { claimName: name } },
          }),
        },
      },
    });
    new k8s.KubeService(this, 'service', {
      metadata,
      spec: { selector: labels, ports: [{ name: 'grpc', port, targetPort: k8s.IntOrString.fromString('grpc') }] },
    });
    new k8s.KubeNetworkPolicy(this, 'network', {
      metadata,
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { [clientLabels[trust]]: 'true' } } }],
            ports: [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }],
          },
        ],
        egress: egressButMetadataServices,
      },
    });
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
