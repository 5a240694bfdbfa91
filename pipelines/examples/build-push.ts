import { pipelineRun } from '../../src/tekton/index.js';
import { buildPush } from '../build-push.js';

/** What every run of the catalog needs in a namespace with Pod Security `restricted`. */
const pod = {
  // The volume belongs to the group of the steps, so that they can write to it.
  securityContext: { fsGroup: 65532, runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
  enableServiceLinks: false,
} as const;

/** Builds the sample application of this repository. */
export const buildPushExample = pipelineRun({ generateName: 'build-push-' }, buildPush, {
  serviceAccountName: 'octopipeline-build-push',
  podTemplate: pod,
  timeouts: { pipeline: '1h15m' },
  params: {
    url: 'http://git.octopipeline-sample.svc.cluster.local/shop.git',
    repository: 'registry.octopipeline-sample.svc.cluster.local:5000/shop',
    'insecure-registries': 'registry.octopipeline-sample.svc.cluster.local:5000',
  },
  workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
});

/** The same with a private repository and a private registry: two Secrets, each seen by one step. */
export const buildPushPrivateExample = pipelineRun({ generateName: 'build-push-private-' }, buildPush, {
  serviceAccountName: 'octopipeline-build-push',
  podTemplate: pod,
  timeouts: { pipeline: '1h15m' },
  params: {
    url: 'http://git.octopipeline-sample.svc.cluster.local/private/shop.git',
    revision: 'main',
    repository: 'registry-private.octopipeline-sample.svc.cluster.local:5000/shop',
    'insecure-registries': 'registry-private.octopipeline-sample.svc.cluster.local:5000',
  },
  workspaces: {
    source: { volumeClaimTemplate: { storage: '1Gi' } },
    'basic-auth': { secret: 'git-credentials' },
    dockerconfig: { secret: 'registry-credentials' },
  },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
});
