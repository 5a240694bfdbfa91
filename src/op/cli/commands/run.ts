import { OpError, usageError } from '../../kit/errors/op-error.js';
import { outputForm } from '../../kit/options/output-form.js';
import { runOptions } from '../../laptop/run/options.js';
import { command } from '../commander/command.js';

/** `op run`: an image of this repository in a container on this machine. */
export const run = command({
  name: 'run',
  description: 'run the image of a context in a container on this machine, as .run.yaml says; for development only',
  words: {
    sentence: 'a context of skaffold.yaml, or the name of an image; or: context list',
    usage: '[options] <context>  |  op run context list',
  },
  options: { ...runOptions, output: { ...outputForm, sentence: 'output format of the list of contexts' } },
  helpEnd: 'op exits with the exit code of the container.',
  run: async (context, { output, ...flags }, { words, printHelp }) => {
    const request = { ...flags, tty: process.stdin.isTTY === true && process.stdout.isTTY === true };
    const [word, second] = words;
    if (word !== undefined && second === undefined) {
      const { runContext } = await import('../../laptop/run/run-context.js');
      return runContext(context, request, word);
    }
    const { listContexts } = await import('../../laptop/run/list-contexts.js');
    if (words.join(' ') === 'context list') return listContexts(context, request, output);
    if (word !== undefined) throw unknownWords(words);
    printHelp();
    context.out('\n');
    await listContexts(context, request, 'text').catch((error: unknown) => {
      if (!(error instanceof OpError)) throw error;
      context.log.step(`no contexts found: ${error.message}: ${error.why}`);
    });
  },
});

const unknownWords = (words: readonly string[]) =>
  usageError({
    what: `op run does not accept "${words.join(' ')}"`,
    why: 'it accepts the name of one context, or the words: context list',
    hint: 'run op run context list to see the contexts',
  });
