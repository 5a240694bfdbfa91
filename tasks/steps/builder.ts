import type { Sidecar, StringRef } from '../../src/tekton/index.js';
import { builderAgent } from './builder-agent.js';
import { image } from './image.js';
import { restricted } from './restricted.js';

/** What the sidecar shares with the step that builds: the application, the layers of its buildpacks, and the requests of op. */
const app = { name: 'app', mountPath: '/workspace' };
const layers = { name: 'layers', mountPath: '/layers' };
const requests = { name: 'builder', mountPath: '/builder' };

/** The sidecar's own volumes. One hides the token for the Kubernetes API: Kubernetes mounts no token where a volume is mounted. */
const own = [
  { name: 'builder-home', mountPath: '/home/cnb' },
  { name: 'builder-tmp', mountPath: '/tmp' },
  { name: 'no-token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
];

/** The param of the builder image, for Tasks whose skaffold.yaml may use buildpacks. */
export const builderImage = {
  option: 'builder',
  default: image,
  description:
    'Builder image that the buildpacks artifacts of skaffold.yaml name, as the cluster can pull it; the default has no buildpacks',
} as const;

/** Generous: applications and their layers can be large, but must not fill the disk of the node. */
const sizeLimits = [
  ...[app, layers].map(({ name }) => ({ name, sizeLimit: '16Gi' }) as const),
  ...[requests, ...own].map(({ name }) => ({ name, sizeLimit: '8Gi' }) as const),
];

/** What {@link builderSidecar} needs in its Task: the step template and volumes of `restricted`, and its own volumes. */
export const withBuilder = {
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, ...sizeLimits.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } }))],
};

/**
 * What the step mounts that uses the builder. The cluster chooses the owner and mode of a volume's root, and the lifecycle packs them
 * with the layers: so in this container `/layers` is a link, part of the image, to a directory in the volume that op owns.
 */
export const builderMounts = [app, { ...layers, mountPath: '/layers-volume' }, requests];

/** Where op finds what it shares with the builder. */
export const sharedWithBuilder = requests.mountPath;

/**
 * The sidecar in which the detect and build phases of buildpacks run. It sees only what op puts into the shared directories, and no
 * workspace: each step that needs one isolates it (docs/decisions/0007).
 */
export function builderSidecar(builder: StringRef<'task'>): Sidecar {
  return {
    name: 'builder',
    image: builder,
    command: builderAgent(),
    volumeMounts: [app, layers, requests, ...own],
    // Idle until a build uses buildpacks; then the compilers run here.
    computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '4Gi' } },
    securityContext: restricted.stepTemplate.securityContext,
  };
}
