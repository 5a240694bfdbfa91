import { directoryOptions, settingOptions } from '../../images/settings/options.js';
import { outputForm } from '../../kit/options/output-form.js';
import { command } from '../commander/command.js';

/** `op config`: each value of the configuration, and where it came from. */
export const config = command({
  name: 'config',
  description: 'show the configuration, and where each value comes from',
  options: { ...directoryOptions, ...settingOptions, output: outputForm },
  run: async (context, { output, ...request }) => {
    const { showSettings } = await import('../../images/settings/show.js');
    await showSettings(context, request, output);
  },
});
