import { promoteOptions } from '../../delivery/promote/options.js';
import { command } from '../commander/command.js';

/** `op promote-image`: images from one environment to the next, by digest. */
export const promoteImage = command({
  name: 'promote-image',
  description: 'copy images by digest, with their signatures, from one environment to the next',
  options: promoteOptions,
  outputs: ['PROMOTED', 'LIST_DIGEST'],
  run: async (context, request) => {
    const { promote } = await import('../../delivery/promote/promote.js');
    return promote(context, request);
  },
});
