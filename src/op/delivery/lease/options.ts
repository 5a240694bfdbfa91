import { option, type RequestOf } from '../../kit/options/option.js';
import { storeOptions } from '../../store/choose/options.js';

/** The options of the Lease that all commands of a delivery share. */
export const leaseOptions = {
  leaseHolder: option.text(
    'holder of the Lease of the environment while the command runs, such as pipelinerun/NAMESPACE/NAME/UID',
    { value: '<holder>', otherwise: 'no Lease' },
  ),
  leaseWait: option.duration('how long to wait while another run holds the Lease', { default: '30m' }),
  keepLease: option.flag('keep the Lease after success'),
  ...storeOptions,
};

export type LeaseFlags = RequestOf<typeof leaseOptions>;
