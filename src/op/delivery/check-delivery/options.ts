import { option, type RequestOf } from '../../kit/options/option.js';
import { environmentsOptions } from '../environments/options.js';

/** The options of `op check-delivery`. */
export const checkDeliveryOptions = {
  environments: environmentsOptions.environments,
  through: option.list('environments that the delivery goes through, in its order', {
    value: '<environment>',
    otherwise: 'all of environments.yaml',
  }),
  until: option.text('last environment to deliver to', { value: '<environment>', otherwise: 'the last one' }),
  repository: option.text('registry and path that the build pushes to', {
    value: '<registry>',
    otherwise: 'not checked',
  }),
};

/** What `op check-delivery` is asked for. */
export type CheckDeliveryRequest = RequestOf<typeof checkDeliveryOptions>;
