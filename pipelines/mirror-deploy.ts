import { pipeline, workspace } from '../src/tekton/index.js';
import { mirrorDeploy as mirrorDeployTask } from '../tasks/mirror-deploy.js';
import { cloneWorkspaces } from '../tasks/steps/clone.js';
import { metadata } from '../tasks/steps/metadata.js';
import { mirrorDeployParams } from '../tasks/steps/mirror-deploy.js';

/**
 * What the pods of {@link mirrorDeploy} may do in their own namespace: read the image ConfigMap. What they may do in the namespace of the
 * workload is in dist/optional/oc-mirror.yaml.
 */
export const mirrorDeployRules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];

const unused = (description: string) => workspace({ optional: true, description });

/** Deploys oc-mirror; its runs may be written for Pipelines that needed volumes. @param name of the Pipeline */
export const mirrorDeployAs = <const Name extends string>(name: Name) =>
  pipeline(
    name,
    {
      ...metadata({
        displayName: 'Deploy oc-mirror',
        description:
          "Runs oc-mirror in a cluster, by digest, with an ImageSetConfiguration made of AutoShift's values or taken from a ConfigMap: as a Job, whose end it waits for, or as a CronJob. Needs the Role of dist/optional/oc-mirror.yaml in the namespace of the workload.",
        categories: ['Image Build', 'Deployment'],
        tags: ['mirror', 'oc-mirror', 'openshift', 'air-gap'],
      }),
      params: mirrorDeployParams,
      workspaces: {
        ...cloneWorkspaces,
        'shared-workspace': unused('Not used: the values are cloned into the pod. Older runs may bind it'),
        'mirror-data': unused(
          'Not used: the data of oc-mirror is in content-claim and cache-claim. Older runs may bind it',
        ),
      },
    },
    (p) => {
      const { 'shared-workspace': _, 'mirror-data': __, ...credentials } = p.workspaces;
      const done = p.task('deploy', mirrorDeployTask, {
        displayName: 'Deploy oc-mirror',
        params: p.params,
        workspaces: credentials,
        timeout: '25h',
      });
      const { WORKLOAD, METHOD, SUMMARY } = done.results;
      return {
        WORKLOAD: { value: WORKLOAD, description: 'What was deployed: job/NAME or cronjob/NAME' },
        METHOD: { value: METHOD, description: 'Where the ImageSetConfiguration comes from: generated, or configmap' },
        SUMMARY: { value: SUMMARY, description: 'What the Job has done, in a line; empty for a CronJob' },
      };
    },
  );

/** Deploys oc-mirror. */
export const mirrorDeploy = mirrorDeployAs('mirror-deploy');
