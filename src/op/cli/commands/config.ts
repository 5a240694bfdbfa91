import type { Command } from 'commander';
import { addSettingOptions, type SettingOptions, settingRequest } from '../build-options.js';
import { choice } from '../option.js';
import type { Action } from '../program.js';

interface ConfigOptions extends SettingOptions {
  readonly output: 'text' | 'json';
}

/** `op config`: each value of the configuration, and where it came from. */
export function addConfig(program: Command, action: Action): void {
  addSettingOptions(program.command('config').description('show the configuration, and where each value comes from'))
    .addOption(choice('-o, --output <form>', 'form of what is printed', ['text', 'json']))
    .action(
      action(async (context, { output, ...options }: ConfigOptions) => {
        const { showSettings } = await import('../../images/settings/show.js');
        await showSettings(context, settingRequest(options), output);
      }),
    );
}
