import { checkDeliveryOptions } from '../src/op/delivery/check-delivery/options.js';
import { task } from '../src/tekton/index.js';
import { environmentWorkspaces } from './steps/environment.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { optionParams } from './steps/option-params.js';
import { restricted } from './steps/restricted.js';

const checked = optionParams(checkDeliveryOptions, {
  through: { option: 'through', description: 'Environments of the delivery, in its order, comma-separated' },
  until: 'until',
  repository: 'repository',
});

/** Finds what would end a delivery, before it builds. A Task of its own: the pod of a build has no room for another container. */
export const checkDelivery = task('check-delivery', {
  ...metadata({
    displayName: 'Check a delivery',
    description:
      'Checks environments.yaml and where a delivery goes, before anything is built: every environment up to the last one exists, in this order, and has a repository.',
    categories: ['Deployment', 'Integration & Delivery'],
    tags: ['delivery', 'promotion'],
  }),
  ...restricted,
  params: checked.params,
  workspaces: { environments: environmentWorkspaces.environments },
  steps: ({ params, workspaces: { environments } }) => [
    {
      name: 'check',
      image,
      command: ['op'],
      args: ['check-delivery', ...checked.flags(params, { environments: environments.path })],
      workspaces: [environments],
      computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    },
  ],
});
