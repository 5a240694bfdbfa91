import { flag, param, type Sidecar, type StringRef } from '../../src/tekton/index.js';
import { companion } from './companion.js';
import { image } from './image.js';
import { restricted } from './restricted.js';

/** What the step that builds and the sidecar share: the application, the layers of its buildpacks, and the requests of op. */
const app = { name: 'app', mountPath: '/workspace' };
const layers = { name: 'layers', mountPath: '/layers' };
const requests = { name: 'builder', mountPath: '/builder' };

/** What the sidecar has for itself. It gets no token for the Kubernetes API: where something is mounted already, none is put. */
const own = [
  { name: 'builder-home', mountPath: '/home/cnb' },
  { name: 'builder-tmp', mountPath: '/tmp' },
  { name: 'no-token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
];

/** The image of the sidecar, for Tasks whose skaffold.yaml may have buildpacks. */
export const builderParam = param.string({
  default: image,
  description:
    'The builder image that buildpacks of skaffold.yaml name, pulled by the cluster as written here; the default has no buildpacks',
});

/** What {@link builderSidecar} asks of its Task: the step template and volumes of `restricted`, and its own volumes. */
export const withBuilder = {
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, ...[app, layers, requests, ...own].map(({ name }) => ({ name, emptyDir: {} }))],
};

/**
 * What the step mounts that has things done in the builder. The root of a volume has an owner and mode of the cluster's choice, and
 * the lifecycle packs them with the layers: so in this container `/layers` is a link of the image to a directory of op in the volume.
 */
export const builderMounts = [app, { ...layers, mountPath: '/layers-volume' }, requests];

/** The flags that tell op where the builder is, and which one. */
export const builderFlags = (builder: StringRef<'task'>) => [
  flag('builder-container', '/builder'),
  flag('builder', builder),
];

/**
 * The builder image beside the steps: the detect and build phases of buildpacks run in it. It sees what op puts into the shared
 * directories and nothing else, no workspace among it: every step that needs one takes it for itself (docs/decisions/0007).
 */
export function builderSidecar(builder: StringRef<'task'>): Sidecar {
  return {
    name: 'builder',
    image: builder,
    command: ['/bin/sh', '-c', companion],
    volumeMounts: [app, layers, requests, ...own],
    // It idles until a build has buildpacks; then the compilers run here.
    computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '4Gi' } },
    securityContext: restricted.stepTemplate.securityContext,
  };
}
