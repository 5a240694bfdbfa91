import { publishOptions } from '../../images/publish/options.js';
import { command } from '../commander/command.js';

/** `op publish`: image info into ConfigMaps. */
export const publish = command({
  name: 'publish',
  description: 'write a ConfigMap with image info for each built image',
  options: publishOptions,
  outputs: ['CONFIGMAPS'],
  run: async (context, request) => {
    const { publish } = await import('../../images/publish/publish.js');
    return publish(context, request);
  },
});
