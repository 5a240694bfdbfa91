import { type Command, Option } from 'commander';
import { addSettingOptions, type SettingOptions, settingRequest } from '../cli/build-options.js';
import type { Action } from '../cli/program.js';

interface ConfigOptions extends SettingOptions {
  readonly output: 'text' | 'json';
}

/** `op config`: each value of the configuration, and where it came from. */
export function addConfig(program: Command, action: Action): void {
  const output = new Option('-o, --output <form>', 'form of what is printed').choices(['text', 'json']).default('text');
  addSettingOptions(program.command('config').description('show the configuration, and where each value comes from'))
    .addOption(output)
    .action(
      action(async (context, { output, ...options }: ConfigOptions) => {
        const { showSettings } = await import('../config/show.js');
        await showSettings(context, settingRequest(options), output);
      }),
    );
}
