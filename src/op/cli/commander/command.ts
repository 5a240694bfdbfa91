import { resolve } from 'node:path';
import type { Command as CommanderCommand } from 'commander';
import type { Context } from '../../context.js';
import { propertiesOptions } from '../../kit/config/options.js';
import type { Options, RequestOf } from '../../kit/options/option.js';
import { readRequest } from '../../kit/options/read-request.js';
import { resultOptions } from '../../kit/results/options.js';
import { addFlags, textsOf } from './flags.js';

/** The part of the context that is known before the command line is read. */
export type OuterContext = Omit<Context, 'propertiesFile'>;

/** A command of op; it adds itself to the program. */
export type Command = (program: CommanderCommand, outer: OuterContext) => void;

/** What else a command can know about its command line. */
export interface Invocation {
  /** The arguments that are not flags. */
  readonly words: readonly string[];
  readonly printHelp: () => void;
}

/** What a command is: its options give its flags, its help and the type of its request. */
interface CommandDefinition<O extends Options> {
  readonly name: string;
  readonly description: string;
  readonly options: O;
  /** For a command with arguments that are not flags. */
  readonly words?: { readonly sentence: string; readonly usage: string };
  /** The last words of the help. */
  readonly helpEnd?: string;
}

/** Does the work of a command. It should load the code with `import()`, since `op --help` does not need it. */
type Run<O extends Options, Given> = (
  context: Context,
  request: RequestOf<O>,
  invocation: Invocation,
) => Promise<Given>;

interface WithoutOutputs<O extends Options> extends CommandDefinition<O> {
  readonly outputs?: undefined;
  readonly run: Run<O, void>;
}

interface WithOutputs<O extends Options, Output extends string> extends CommandDefinition<O> {
  /** What it gives; `--result NAME=PATH` writes each to a file. */
  readonly outputs: readonly Output[];
  readonly run: Run<O, Readonly<Record<Output, string>>>;
}

/**
 * Makes a command from data.
 *
 * @example
 * const options = { name: option.text('whom to greet', { default: 'world' }) };
 * command({ name: 'greet', description: 'say hello', options, run: async ({ out }, { name }) => out(`Hello ${name}\n`) });
 */
export function command<const O extends Options, const Output extends string>(
  definition: WithoutOutputs<O> | WithOutputs<O, Output>,
): Command {
  const { name, description, options, outputs, words, helpEnd } = definition;
  return (program, outer) => {
    const added = program.command(name).description(description);
    // A command of a group is named with it: `local start`.
    const whole = program.parent === null ? name : `${program.name()} ${name}`;
    if (words !== undefined) added.argument(`[${nameOfWords(words.usage)}...]`, words.sentence).usage(words.usage);
    addFlags(added, outputs === undefined ? options : { ...options, ...resultFlag(outputs) });
    if (helpEnd !== undefined) added.addHelpText('after', `\n${helpEnd}`);
    added.action(async () => {
      const texts = textsOf(added);
      const context = { ...outer, propertiesFile: propertiesFileOf(outer, texts.config) };
      const invocation = { words: added.args, printHelp: () => added.outputHelp() };
      if (definition.outputs === undefined) {
        const request = readRequest(whole, options, texts);
        await definition.run(context, request, invocation).catch(explaining(context, request));
        return;
      }
      const { FailedWithOutputs, parseResultPaths, writeResults } = await import('../../kit/results/results.js');
      // Before the work: it should not be done for outputs that have nowhere to go.
      const request = readRequest(whole, options, texts);
      const paths = parseResultPaths(readRequest(whole, resultOptions, texts).result, definition.outputs);
      const ended = await definition.run(context, request, invocation).catch((error: unknown) => {
        if (error instanceof FailedWithOutputs) return error;
        return explaining(context, request)(error);
      });
      const outputs = ended instanceof FailedWithOutputs ? ended.outputs : ended;
      const warning = await writeResults(paths, outputs);
      if (warning !== undefined) context.log.warn(warning);
      if (ended instanceof FailedWithOutputs) throw ended.failure;
    });
  };
}

/** Throws an error again; that of a registry which refuses, with the hosts for which the docker config of the request has credentials. */
const explaining =
  (context: Context, request: Readonly<Record<string, unknown>>) =>
  async (error: unknown): Promise<never> => {
    const { dockerconfig, directory = '.' } = request;
    const { namingLogins } = await import('../../systems/registry/naming-logins.js');
    const cwd = resolve(context.cwd, typeof directory === 'string' ? directory : '.');
    const given = typeof dockerconfig === 'string' ? dockerconfig : undefined;
    throw 'dockerconfig' in request ? await namingLogins({ ...context, cwd }, error, given) : error;
  };

/** The last word of a usage: `file` of `[options] <file>`. */
const nameOfWords = (usage: string): string => /[<[]([\w-]+)(?:\.{3})?[>\]]$/u.exec(usage)?.[1] ?? 'words';

/** Makes a command of commands: `op NAME COMMAND`. */
export function group(name: string, description: string, commands: readonly Command[]): Command {
  return (program, outer) => {
    const added = program.command(name).description(description);
    for (const command of commands) command(added, outer);
  };
}

const resultFlag = (outputs: readonly string[]) => ({
  result: { ...resultOptions.result, sentence: `${resultOptions.result.sentence}: ${outputs.join(', ')}` },
});

function propertiesFileOf({ env }: OuterContext, texts: readonly string[] | undefined): string | undefined {
  const { config } = readRequest('', propertiesOptions, { config: texts });
  return config ?? (env.OCTOPILOT_PIPELINE_PROPERTIES || undefined);
}
