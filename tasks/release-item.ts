import { itemOptions } from '../src/op/releases/cluster/options.js';
import { result, step, task, text } from '../src/tekton/index.js';
import { cloneParams, cloneResults, cloneStep, cloneWorkspaces, sourceWorkspace } from './steps/clone.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { optionParams } from './steps/option-params.js';
import { apiToken, restricted } from './steps/restricted.js';

const item = optionParams(itemOptions, { request: 'request' });
const answer = { ANSWER: result.string({ description: 'How it ended, as op packs it' }) };

/** The token with the name of the namespace, as Kubernetes would mount it: functions run kubectl without another one. */
const tokenWithNamespace = {
  name: apiToken.volume.name,
  projected: {
    sources: [
      ...apiToken.volume.projected.sources,
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};

/**
 * Evaluates a release, or runs a function of it: the only pod with code of the repository. What it says are results of its steps: those of
 * the first one are the commit, which the code cannot change.
 */
export const releaseItem = task('release-item', {
  ...metadata({
    displayName: 'Item of a release',
    description:
      'Clones a commit, and evaluates a release of it or runs one of its functions. The Pipelines release and work start it, as a ServiceAccount without rights to the stores.',
    categories: ['Deployment', 'Integration & Delivery'],
    tags: ['release', 'environments', 'delivery'],
  }),
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, tokenWithNamespace],
  params: { ...cloneParams, ...item.params },
  workspaces: { source: sourceWorkspace, ...cloneWorkspaces },
  steps: ({ params, workspaces }) => [
    step('clone', cloneResults, ({ results }) => {
      const { name: _, ...body } = cloneStep({ params, results, workspaces });
      return body;
    }),
    step('run', answer, ({ results }) => ({
      image,
      command: ['op'],
      args: [
        'release-item',
        ...item.flags(params, { directory: text`${workspaces.source.path}/${params.subdirectory}` }),
        text`--result=ANSWER=${results.ANSWER.path}`,
      ],
      workspaces: [workspaces.source],
      volumeMounts: [apiToken.mount],
      computeResources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
    })),
  ],
});
