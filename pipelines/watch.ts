import { pipeline, text } from '../src/tekton/index.js';
import { environmentParams, environmentWorkspaces, imagesParams, registryParams } from '../tasks/steps/environment.js';
import { metadata } from '../tasks/steps/metadata.js';
import { watchParams } from '../tasks/steps/watch.js';
import { watchDeployment } from '../tasks/watch-deployment.js';
import { publishedParams, readInfoRules, runRules } from './environment.js';

/** What the pods of {@link watch} may do in their own namespace. */
export const watchRules = [...readInfoRules, ...runRules];

const { source, dockerconfig } = watchDeployment.workspaces;
const { 'lease-holder': _, ...environment } = environmentParams;

/** Waits until an environment runs what was built. */
export const watch = pipeline(
  'watch',
  {
    ...metadata({
      displayName: 'Watch',
      description:
        'Waits until an environment runs exactly the images of a build result or of the ConfigMaps with image info, proven by the digests that its pods report.',
      categories: ['Deployment', 'Kubernetes'],
      tags: ['flux', 'rollout', 'delivery'],
    }),
    params: { ...environment, ...imagesParams, ...publishedParams, ...registryParams, ...watchParams },
    workspaces: { source, dockerconfig, ...environmentWorkspaces },
  },
  (p) => {
    const { pipelineRun } = p.context;
    const watched = p.task('watch', watchDeployment, {
      displayName: text`Watch ${p.params.environment}`,
      params: {
        ...p.params,
        'lease-holder': text`pipelinerun/${pipelineRun.namespace}/${pipelineRun.name}/${pipelineRun.uid}`,
      },
      workspaces: p.workspaces,
      timeout: '1h',
    });
    return { DEPLOYED: { value: watched.results.DEPLOYED, description: 'The images that are proven to run' } };
  },
);
