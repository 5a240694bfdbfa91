import { pipeline, text } from '../src/tekton/index.js';
import { deliverEnvironment } from '../tasks/deliver-environment.js';
import { environmentParams, environmentWorkspaces, imagesParams, registryParams } from '../tasks/steps/environment.js';
import { helmTestParams } from '../tasks/steps/helm-test.js';
import { metadata } from '../tasks/steps/metadata.js';
import { promotionParams } from '../tasks/steps/promote.js';
import { manifestsParams } from '../tasks/steps/set-image.js';
import { watchParams } from '../tasks/steps/watch.js';
import { manifestsOptional, manifestsWorkspaces, publishedParams, readInfoRules, runRules } from './environment.js';

/** What the pods of {@link promote} may do in their own namespace. */
export const promoteRules = [...readInfoRules, ...runRules];

const { source, dockerconfig } = deliverEnvironment.workspaces;
const { 'lease-holder': _holder, ...environment } = environmentParams;
const { until: _until, ...promotion } = promotionParams;

/** Build once, promote many: published images, or those of a list, go to one more environment. */
export const promote = pipeline(
  'promote',
  {
    ...metadata({
      displayName: 'Promote',
      description:
        'Delivers existing images to an environment: promotes by digest, updates the manifests, waits for the rollout, and runs the tests. Reads the images from the ConfigMaps with image info, or from a build result in the workspace.',
      categories: ['Integration & Delivery', 'Deployment'],
      tags: ['promotion', 'gitops', 'flux', 'helm', 'delivery'],
    }),
    params: {
      ...environment,
      ...imagesParams,
      ...registryParams,
      ...promotion,
      ...publishedParams,
      ...manifestsParams,
      'manifests-optional': manifestsOptional,
      ...watchParams,
      ...helmTestParams,
    },
    workspaces: { source, dockerconfig, ...environmentWorkspaces, ...manifestsWorkspaces },
  },
  (p) => {
    const { pipelineRun } = p.context;
    const { environments, kubeconfigs } = p.workspaces;
    const { results } = p.task('promote', deliverEnvironment, {
      displayName: text`Deliver to ${p.params.environment}`,
      params: {
        ...p.params,
        'lease-holder': text`pipelinerun/${pipelineRun.namespace}/${pipelineRun.name}/${pipelineRun.uid}`,
      },
      workspaces: {
        source: p.workspaces.source,
        dockerconfig: p.workspaces.dockerconfig,
        environments,
        kubeconfigs,
        'ssh-directory': p.workspaces['manifests-ssh-directory'],
        'basic-auth': p.workspaces['manifests-basic-auth'],
        'ssl-ca-directory': p.workspaces['manifests-ssl-ca-directory'],
      },
      timeout: '2h',
    });
    return {
      COMMIT: {
        value: results.COMMIT,
        description: 'Commit of the manifests that contains the images; empty when there are no manifests',
      },
      DEPLOYED: { value: results.DEPLOYED, description: 'The images that are proven to run' },
    };
  },
);
