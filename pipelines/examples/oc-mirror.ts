import { pipelineRun } from '../../src/tekton/index.js';
import { mirrorBuild } from '../mirror-build.js';
import { mirrorDeploy } from '../mirror-deploy.js';
import { pod } from './pod.js';

const registry = 'registry.octopipeline-sample.svc.cluster.local:5000';

/** Builds the image that runs oc-mirror. */
export const mirrorBuildExample = pipelineRun({ generateName: 'mirror-build-' }, mirrorBuild, {
  serviceAccountName: 'octopipeline-mirror-build',
  podTemplate: pod,
  timeouts: { pipeline: '3h' },
  params: { 'image-registry': `${registry}/oc-mirror`, 'insecure-registries': registry },
  workspaces: {
    'shared-workspace': { volumeClaimTemplate: { storage: '1Gi' } },
    'buildkit-client': { secret: 'buildkit-client' },
  },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
});

/** Runs it every Sunday night, to disk, for the clusters of AutoShift's values. */
export const mirrorDeployExample = pipelineRun({ generateName: 'mirror-deploy-' }, mirrorDeploy, {
  serviceAccountName: 'octopipeline-mirror-deploy',
  podTemplate: pod,
  timeouts: { pipeline: '26h' },
  params: { 'deploy-mode': 'cronjob', schedule: '0 2 * * 0', environment: 'prod', 'openshift-version': '4.20' },
});
