import type { Command } from 'commander';
import type { Context } from '../../context.js';
import { OpError, usageError } from '../../kit/errors/op-error.js';
import { choice, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';

interface Options {
  readonly directory?: string;
  readonly skaffoldFile?: string;
  readonly filename?: string;
  readonly profile: readonly string[];
  readonly defaultRepo?: string;
  readonly repo?: string;
  readonly registryFile?: string;
  readonly tag?: string;
  readonly buildResult?: string;
  readonly engine: 'auto' | 'docker' | 'podman';
  readonly port: readonly string[];
  readonly env: readonly string[];
  readonly output: 'text' | 'json';
}

/** `op run`: an image of this repository in a container on this machine. */
export const addRun: AddCommand = (program, action) => {
  program
    .command('run')
    .argument('[words...]', 'a context of skaffold.yaml, or the name of an image; or: context list')
    .usage('[options] <context>  |  op run context list')
    .description('run the image of a context in a container on this machine, as .run.yaml says; for development only')
    .addOption(
      optional('--directory <dir>', 'root of the repository; other relative paths start there (default: here)'),
    )
    .addOption(optional('-f, --skaffold-file <file>', 'the file that says what is built (default: skaffold.yaml)'))
    .addOption(optional('--filename <file>', 'the same as --skaffold-file'))
    .addOption(list('-p, --profile <name>', 'profile of skaffold.yaml'))
    .addOption(
      optional('-d, --default-repo <registry>', 'registry and path of the image, instead of build_result.json'),
    )
    .addOption(optional('--repo <registry>', 'the same as --default-repo'))
    .addOption(optional('--registry-file <file>', 'file with registries (default: .registry)'))
    .addOption(optional('--tag <tag>', 'tag of the image, instead of build_result.json'))
    .addOption(optional('--build-result <file>', 'what op push wrote (default: build_result.json, if it is there)'))
    .addOption(choice('--engine <engine>', 'what runs the container', ['auto', 'docker', 'podman']))
    .addOption(repeatable('--port <host:container>', 'port to publish, instead of those of .run.yaml'))
    .addOption(
      repeatable('--env <name=value>', 'variable of the container; NAME alone takes the value that it has here'),
    )
    .addOption(choice('-o, --output <form>', 'form of the list of contexts', ['text', 'json']))
    .addHelpText('after', '\nop ends with the exit code of the container.')
    .action((words: readonly string[], options: Options, command: Command) =>
      action<Options>((context, read) => act(context, read, words, command))(options, command),
    );
};

async function act(context: Context, options: Options, words: readonly string[], command: Command): Promise<void> {
  const request = {
    ...options,
    directory: options.directory ?? '.',
    skaffoldFile: options.skaffoldFile ?? options.filename ?? 'skaffold.yaml',
    defaultRepo: options.defaultRepo ?? options.repo,
    registryFile: options.registryFile,
    tag: options.tag,
    buildResult: options.buildResult,
    tty: process.stdin.isTTY === true && process.stdout.isTTY === true,
  };
  const [word, second] = words;
  if (word !== undefined && second === undefined) {
    const { runContext } = await import('../../laptop/run/run-context.js');
    return runContext(context, request, word);
  }
  const { listContexts } = await import('../../laptop/run/list-contexts.js');
  if (words.join(' ') === 'context list') return listContexts(context, request, options.output);
  if (word !== undefined) {
    throw usageError({
      what: `op run does not take "${words.join(' ')}"`,
      why: 'it takes the name of one context, or the words: context list',
      hint: 'run op run context list to see the contexts',
    });
  }
  command.outputHelp();
  context.out('\n');
  await listContexts(context, request, 'text').catch((error: unknown) => {
    if (!(error instanceof OpError)) throw error;
    context.log.step(`no contexts here: ${error.message}: ${error.why}`);
  });
}
