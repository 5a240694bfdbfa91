import { option, type RequestOf } from '../../kit/options/option.js';
import { directoryOptions } from '../settings/options.js';

/** The options of `op head`. */
export const headOptions = { ...directoryOptions };

/** The options of `op record`. */
export const recordOptions = {
  buildResult: option.text('image list that the build wrote', { value: '<file>', default: 'build_result.json' }),
  imageName: option.text('image for IMAGE_URL and IMAGE_DIGEST', { value: '<name>', otherwise: 'the last one built' }),
  repository: option.text('registry and path that images must be below', { value: '<registry>', otherwise: 'any' }),
  reusedImages: option.list('images of the list that this build found and did not build, as it gave REUSED_IMAGES', {
    value: '<image>',
  }),
  gitUrl: option.text('repository of the source, as known before the build', { value: '<url>' }),
  gitCommit: option.text('commit of the source, as known before the build', { value: '<commit>' }),
};

export type RecordRequest = RequestOf<typeof recordOptions>;
