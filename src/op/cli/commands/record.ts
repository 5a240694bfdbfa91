import { buildOutputs, pushOutputs } from '../../images/push/options.js';
import { headOptions, recordOptions } from '../../images/record/options.js';
import { command } from '../commander/command.js';

/** `op head`: the commit that is checked out, known before a build. */
export const head = command({
  name: 'head',
  description: 'give the commit that is checked out; empty when files differ from it',
  options: headOptions,
  outputs: buildOutputs,
  run: async (context, request) => {
    const { head } = await import('../../images/record/head.js');
    return head(context, request);
  },
});

/** `op record`: the outputs of a build whose container has ended. */
export const record = command({
  name: 'record',
  description: 'check the image list of a build that has ended, and give its outputs',
  options: recordOptions,
  outputs: pushOutputs,
  run: async (context, request) => {
    const { record } = await import('../../images/record/record.js');
    return record(context, request);
  },
});
