import { Command } from 'commander';
import { version } from '../../version.js';
import type { Context } from '../context.js';
import { addBuild } from './commands/build.js';
import { addBuildBuildpacks } from './commands/build-buildpacks.js';
import { addBuildDockerfile } from './commands/build-dockerfile.js';
import { addBuildPush } from './commands/build-push.js';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addGitClone } from './commands/git-clone.js';
import { addHelmTest } from './commands/helm-test.js';
import { addPromoteImage } from './commands/promote-image.js';
import { addPublish } from './commands/publish.js';
import { addPush } from './commands/push.js';
import { addRun } from './commands/run.js';
import { addSetImage } from './commands/set-image.js';
import { addStartRegistry } from './commands/start-registry.js';
import { addVersion } from './commands/version.js';
import { addWatchDeployment } from './commands/watch-deployment.js';
import { optional } from './option.js';

/** The part of the context that is known before the command line is read. */
export type OuterContext = Omit<Context, 'propertiesFile'>;

/** Gives a command's action the whole context, with the global options read. */
export type Action = <Options>(
  act: (context: Context, options: Options) => Promise<void>,
) => (options: Options, command: Command) => Promise<void>;

/** A command adds itself to the program. */
export type AddCommand = (program: Command, action: Action) => void;

const commands: readonly AddCommand[] = [
  addBuild,
  addPush,
  addBuildPush,
  addBuildDockerfile,
  addBuildBuildpacks,
  addConfig,
  addGitClone,
  addPublish,
  addPromoteImage,
  addSetImage,
  addHelmTest,
  addRun,
  addStartRegistry,
  addWatchDeployment,
  addDoctor,
  addVersion,
];

/** The command line of op: each command is a file of `src/op/commands` that only reads flags. */
export function createProgram(outer: OuterContext, adds: readonly AddCommand[] = commands): Command {
  const program = new Command('op');
  program
    .description(
      'Builds and pushes container images from skaffold.yaml with no Docker daemon, and delivers them by digest',
    )
    .version(`op version ${version}`, '-V, --version', 'print the version')
    .addOption(optional('--config <file>', 'properties file; also OCTOPILOT_PIPELINE_PROPERTIES'))
    .option('--debug', 'say what is run, and print the stack of an error; also OP_DEBUG=true')
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeOut: outer.out, writeErr: outer.out })
    .showSuggestionAfterError();
  const action: Action = (act) => async (options, command) => {
    const config: unknown = command.optsWithGlobals().config;
    const named = (typeof config === 'string' && config) || outer.env.OCTOPILOT_PIPELINE_PROPERTIES;
    await act({ ...outer, propertiesFile: named || undefined }, withoutEmpty(options));
  };
  for (const add of adds) add(program, action);
  return program;
}

/** For a value that `optional` takes as not given, commander keeps the empty text. */
const withoutEmpty = <Options>(options: Options) =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== '')) as Options;
