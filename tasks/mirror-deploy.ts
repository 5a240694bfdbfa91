import { task } from '../src/tekton/index.js';
import { cloneWorkspaces } from './steps/clone.js';
import { withApiToken } from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { mirrorDeployParams, mirrorDeployResults, mirrorDeploySteps, valuesVolume } from './steps/mirror-deploy.js';

/** Starts oc-mirror in a cluster, with an ImageSet made of AutoShift's values or taken from a ConfigMap. */
export const mirrorDeploy = task('mirror-deploy', {
  ...metadata({
    displayName: 'Deploy oc-mirror',
    description:
      "Makes an ImageSetConfiguration of AutoShift's values, or takes one, writes it into ConfigMaps, and runs oc-mirror by the digest of the image ConfigMap: as a Job, whose log it prints and whose end it waits for, or as a CronJob.",
    categories: ['Image Build', 'Deployment'],
    tags: ['mirror', 'oc-mirror', 'openshift', 'air-gap'],
  }),
  stepTemplate: withApiToken.stepTemplate,
  volumes: [...withApiToken.volumes, valuesVolume],
  params: mirrorDeployParams,
  results: mirrorDeployResults,
  workspaces: cloneWorkspaces,
  steps: mirrorDeploySteps,
});
