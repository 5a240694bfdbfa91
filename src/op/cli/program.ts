import { Command as CommanderCommand } from 'commander';
import { version } from '../../version.js';
import { propertiesOptions } from '../kit/config/options.js';
import type { Command, OuterContext } from './commander/command.js';
import { addFlags } from './commander/flags.js';
import { build } from './commands/build.js';
import { buildBuildpacks } from './commands/build-buildpacks.js';
import { buildDockerfile } from './commands/build-dockerfile.js';
import { checkDelivery } from './commands/check-delivery.js';
import { config } from './commands/config.js';
import { doctor } from './commands/doctor.js';
import { environment } from './commands/environment.js';
import { gitClone } from './commands/git-clone.js';
import { helmTest } from './commands/helm-test.js';
import { local } from './commands/local.js';
import { mirror } from './commands/mirror.js';
import { promoteImage } from './commands/promote-image.js';
import { publish } from './commands/publish.js';
import { buildPush, push } from './commands/push.js';
import { head, record } from './commands/record.js';
import { approve, reject, release } from './commands/release.js';
import { releaseItem, releaseWorker } from './commands/release-worker.js';
import { run } from './commands/run.js';
import { schedule } from './commands/schedule.js';
import { setImage } from './commands/set-image.js';
import { startRegistry } from './commands/start-registry.js';
import { state, status } from './commands/state.js';
import { showVersion } from './commands/version.js';
import { watchDeployment } from './commands/watch-deployment.js';
import { work } from './commands/work.js';

const commands: readonly Command[] = [
  build,
  push,
  buildPush,
  buildDockerfile,
  buildBuildpacks,
  config,
  gitClone,
  head,
  record,
  publish,
  checkDelivery,
  promoteImage,
  mirror,
  schedule,
  setImage,
  helmTest,
  release,
  work,
  state,
  status,
  environment,
  approve,
  reject,
  releaseWorker,
  releaseItem,
  run,
  local,
  startRegistry,
  watchDeployment,
  doctor,
  showVersion,
];

/** The command line of op. Each command is a file of `src/op/cli/commands`: its options, and the call of the work. */
export function createProgram(outer: OuterContext, added: readonly Command[] = commands): CommanderCommand {
  const program = new CommanderCommand('op');
  program
    .description(
      'Build and push container images from skaffold.yaml without a Docker daemon, and deliver them by digest',
    )
    .version(`op version ${version}`, '-V, --version', 'print the version');
  addFlags(program, propertiesOptions);
  program
    .option('--debug', 'log every program that op runs, and print stack traces of errors; also OP_DEBUG=true')
    .exitOverride()
    // The sentence of an option says its default; commander would add it again.
    .configureHelp({
      optionDescription: ({ description }) => description,
      // As in its own help, which names its words.
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`.trim(),
    })
    .configureOutput({ outputError: () => {}, writeOut: outer.out, writeErr: outer.out })
    .showSuggestionAfterError();
  for (const command of added) command(program, outer);
  return program;
}
