import { option, type RequestOf } from '../../kit/options/option.js';

/** How images go, and what of them a segment on a disk has. */
export const diskOptions = {
  workflow: option.choice(
    'how the images go: from registry to registry, or by way of a disk',
    ['direct', 'to-disk', 'from-disk', 'workflow-direct', 'workflow-to-disk', 'workflow-from-disk'],
    { default: 'direct' },
  ),
  disk: option.text('directory where the disk is mounted', { value: '<dir>' }),
  partSize: option.text('to-disk: bytes of a part, such as 4GB for FAT32; larger layers are cut', {
    value: '<bytes>',
    otherwise: 'no limit',
  }),
  full: option.flag('to-disk: write everything, also what earlier segments have'),
  incrementalMode: option.flag('to-disk: false is the same as --full', { default: true }),
  since: option.text('to-disk: build on the newest segment that was written on or before this day (UTC)', {
    value: '<YYYY-MM-DD>',
  }),
  sinceDate: option.text('the same as --since', { value: '<YYYY-MM-DD>', hidden: true }),
  baseline: option.text('to-disk: build on this segment: what the other side has', {
    value: '<number>',
    otherwise: 'the newest',
  }),
  chain: option.text('from-disk: accept this chain of segments in place of the one before', { value: '<uuid>' }),
};

/** What a command is asked for about disks. */
export type DiskRequest = Partial<RequestOf<typeof diskOptions>>;
