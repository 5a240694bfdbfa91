import { pipelineRun } from '../../src/tekton/index.js';
import { deliver } from '../deliver.js';
import { promote } from '../promote.js';
import { watch } from '../watch.js';
import { pod } from './pod.js';

const registry = 'registry.octopipeline-sample.svc.cluster.local:5000';

/** Delivers a commit of the sample application to dev and then pp: both run exactly the same digests. */
export const deliverExample = pipelineRun({ generateName: 'deliver-' }, deliver, {
  serviceAccountName: 'octopipeline-deliver',
  podTemplate: pod,
  timeouts: { pipeline: '6h' },
  params: {
    url: 'http://git.octopipeline-sample.svc.cluster.local/delivery-shop.git',
    repository: `${registry}/dev`,
    'insecure-registries': registry,
    until: 'pp',
  },
  workspaces: {
    source: { volumeClaimTemplate: { storage: '1Gi' } },
    environments: { configMap: 'environments' },
    'manifests-basic-auth': { secret: 'fleet-credentials' },
  },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
});

/**
 * The same with a cluster for each environment, a private repository, and registries with passwords: the build can write only to dev's
 * registry, the promotion to all.
 */
export const deliverClustersExample = pipelineRun({ generateName: 'deliver-clusters-' }, deliver, {
  serviceAccountName: 'octopipeline-deliver',
  podTemplate: pod,
  timeouts: { pipeline: '8h' },
  params: {
    url: 'https://git.example.com/team/shop.git',
    revision: 'refs/heads/main',
    repository: 'registry.example.com/dev',
    'configmap-prefix': 'shop',
    until: 'prod',
    'manifests-author-name': 'Delivery robot',
    'manifests-author-email': 'robot@example.com',
  },
  workspaces: {
    source: { volumeClaimTemplate: { storage: '1Gi' } },
    'basic-auth': { secret: 'git-credentials' },
    dockerconfig: { secret: 'registry-credentials' },
    'promotion-dockerconfig': { secret: 'promotion-credentials' },
    environments: { configMap: 'shop-environments' },
    kubeconfigs: { secret: 'kubeconfigs' },
    'manifests-basic-auth': { secret: 'fleet-credentials' },
  },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
});

/** Promotes the published images from pp to prod, without a build. */
export const promoteExample = pipelineRun({ generateName: 'promote-' }, promote, {
  serviceAccountName: 'octopipeline-promote',
  podTemplate: pod,
  timeouts: { pipeline: '3h' },
  params: { environment: 'prod', from: 'pp', 'insecure-registries': registry },
  workspaces: {
    source: { emptyDir: {} },
    environments: { configMap: 'environments' },
    'manifests-basic-auth': { secret: 'fleet-credentials' },
  },
});

/** Does prod run the published images? */
export const watchExample = pipelineRun({ generateName: 'watch-' }, watch, {
  serviceAccountName: 'octopipeline-watch',
  podTemplate: pod,
  params: { environment: 'prod', 'insecure-registries': registry },
  workspaces: { source: { emptyDir: {} }, environments: { configMap: 'environments' } },
});
