import { option, type RequestOf } from '../kit/options/option.js';
import { registryOptions } from '../systems/registry/options.js';
import type { DiskRequest } from './disk/options.js';
import type { HistoryRequest } from './history/options.js';

/** The options of every command of `op mirror`. */
export const mirrorOptions = {
  file: option.text('mirror file: what to copy from where to where', {
    value: '<file>',
    letter: 'f',
    default: 'mirror.yaml',
  }),
  directory: option.text('directory of the plan, the results and the report', { value: '<dir>', default: 'mirror' }),
  ...registryOptions,
};

/** Also look inside what is there. */
export const deepOptions = {
  deep: option.flag(
    'read every manifest at the destination, and look for every blob, also of images that did not change',
  ),
};

/** Only say what would be done. */
export const dryRunOptions = { dryRun: option.flag('copy nothing: the plan says what would be copied') };

/** How a report ends. */
export const checkOptions = {
  check: option.flag('fail, as op mirror run does, when an image is not as it should be'),
};

/** What a command of `op mirror` is asked for. */
export type MirrorRequest = RequestOf<typeof mirrorOptions> &
  HistoryRequest &
  DiskRequest & {
    readonly deep?: boolean;
    readonly dryRun?: boolean;
    /** Milliseconds, which tests shorten. */
    readonly pauses?: readonly number[] | undefined;
    readonly idle?: number;
  };
