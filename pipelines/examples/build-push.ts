import { pipelineRun } from '../../src/tekton/index.js';
import { buildPush } from '../build-push.js';
import { pod } from './pod.js';

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

/** The same with a private repository and a private registry: two Secrets, each visible to one step. */
export const buildPushPrivateExample = pipelineRun({ generateName: 'build-push-private-' }, buildPush, {
  serviceAccountName: 'octopipeline-build-push',
  podTemplate: pod,
  timeouts: { pipeline: '1h15m' },
  params: {
    url: 'http://git.octopipeline-sample.svc.cluster.local/private/shop.git',
    revision: 'refs/heads/main',
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

/**
 * Dockerfiles and buildpacks: with the BuildKit of dist/optional, whose client certificate only the step that builds sees, and with
 * the builder that skaffold.yaml names.
 */
export const buildPushBuildkitExample = pipelineRun({ generateName: 'build-push-buildkit-' }, buildPush, {
  serviceAccountName: 'octopipeline-build-push',
  podTemplate: pod,
  timeouts: { pipeline: '1h15m' },
  params: {
    url: 'http://git.octopipeline-sample.svc.cluster.local/four.git',
    repository: 'registry.octopipeline-sample.svc.cluster.local:5000/four',
    'insecure-registries': 'registry.octopipeline-sample.svc.cluster.local:5000',
    'build-cache': 'registry.octopipeline-sample.svc.cluster.local:5000/four/cache',
    'image-mirrors':
      'docker.io=registry.octopipeline-sample.svc.cluster.local:5000/docker.io,ghcr.io=registry.octopipeline-sample.svc.cluster.local:5000',
    'buildkit-host': 'tcp://buildkitd.octopipeline-buildkit.svc:1234',
    builder: 'ghcr.io/octopilot/builders/builder:1',
  },
  workspaces: {
    source: { volumeClaimTemplate: { storage: '1Gi' } },
    'buildkit-client': { secret: 'buildkit-client' },
  },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
});
