import { watchOptions } from '../../delivery/watch/options.js';
import { command } from '../commander/command.js';

/** `op watch-deployment`: waits until an environment runs what was built, and proves it. */
export const watchDeployment = command({
  name: 'watch-deployment',
  description: 'wait until an environment runs the given images, proven by the digests of its pods',
  options: watchOptions,
  outputs: ['DEPLOYED'],
  run: async (context, request) => {
    const { watchDeployment } = await import('../../delivery/watch/watch.js');
    return watchDeployment(context, request);
  },
});
