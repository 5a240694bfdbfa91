import { addSettingOptions, type SettingOptions, settingRequest } from '../build-options.js';
import { choice, optional } from '../option.js';
import type { AddCommand } from '../program.js';

interface Options extends SettingOptions {
  readonly output: 'text' | 'json';
  readonly dockerconfig?: string;
  readonly buildkitHost?: string;
  readonly buildkitTls?: string;
}

/** `op doctor`: what is here, what is missing, and how to get it. */
export const addDoctor: AddCommand = (program, action) => {
  const description = 'look at tools, configuration, registries and cluster, and say what is missing and how to get it';
  addSettingOptions(program.command('doctor').description(description))
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials: config.json or .dockerconfigjson'))
    .addOption(optional('--buildkit-host <address>', 'BuildKit for Dockerfiles; also BUILDKIT_HOST'))
    .addOption(optional('--buildkit-tls <dir>', 'certificates for BuildKit'))
    .addOption(choice('-o, --output <form>', 'form of what is printed', ['text', 'json']))
    .action(
      action<Options>(async (context, { output, dockerconfig, buildkitHost, buildkitTls, ...options }) => {
        const { doctor } = await import('../../laptop/doctor/doctor.js');
        await doctor(context, { ...settingRequest(options), dockerconfig, buildkitHost, buildkitTls }, output);
      }),
    );
};
