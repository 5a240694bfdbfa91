import { setImageOptions } from '../../delivery/set-image/options.js';
import { command } from '../commander/command.js';

/** `op set-image`: digests into a Git repository of manifests. */
export const setImage = command({
  name: 'set-image',
  description: 'write image digests into the manifests of an environment, and push the commit',
  options: setImageOptions,
  outputs: ['COMMIT'],
  run: async (context, request) => {
    const { setImage } = await import('../../delivery/set-image/set-image.js');
    return setImage(context, request);
  },
});
