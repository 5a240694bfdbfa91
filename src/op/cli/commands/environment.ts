import { option } from '../../kit/options/option.js';
import { placeOptions, reasonOptions, shownOptions, untilOptions } from '../../releases/options.js';
import { command, group } from '../commander/command.js';
import { releaseExitCodes, shownExitCodes, wantedExitCodes } from './release-exit-codes.js';

const name = { sentence: 'the name of an environment', usage: '[options] <name>' };

const list = command({
  name: 'list',
  description: 'list the environments, and how many deployments each has',
  options: shownOptions,
  helpEnd: shownExitCodes,
  run: async (context, request) => {
    const { listEnvironments } = await import('../../releases/commands/environment.js');
    await listEnvironments(context, request);
  },
});

const want = (is: 'add' | 'change', description: string) =>
  command({
    name: is,
    description,
    words: name,
    options: {
      attribute: option.repeatable('attribute of the environment', { value: '<name=value>', letter: 'a' }),
      ...placeOptions,
    },
    helpEnd: wantedExitCodes,
    run: async (context, request, { words }) => {
      const { wantEnvironment } = await import('../../releases/commands/environment.js');
      await wantEnvironment(context, request, words, is);
    },
  });

const remove = command({
  name: 'remove',
  description: 'tear down everything in an environment, and then remove it',
  words: name,
  options: placeOptions,
  helpEnd: wantedExitCodes,
  run: async (context, request, { words }) => {
    const { removeEnvironment } = await import('../../releases/commands/environment.js');
    await removeEnvironment(context, request, words);
  },
});

const hold = command({
  name: 'hold',
  description: 'let no release of any package go there by itself; a rollback does',
  words: name,
  options: { ...untilOptions, ...reasonOptions, ...placeOptions },
  helpEnd: releaseExitCodes('held'),
  run: async (context, request, { words }) => {
    const { holdEnvironment } = await import('../../releases/commands/environment.js');
    await holdEnvironment(context, request, words);
  },
});

const unhold = command({
  name: 'unhold',
  description: 'end a hold',
  words: name,
  options: placeOptions,
  helpEnd: releaseExitCodes('no longer held'),
  run: async (context, request, { words }) => {
    const { unholdEnvironment } = await import('../../releases/commands/environment.js');
    await unholdEnvironment(context, request, words);
  },
});

/** `op environment`: where releases are deployed. */
export const environment = group('environment', 'the environments that releases are deployed to', [
  list,
  want('add', 'want an environment; the next op work any deploys what belongs there'),
  want('change', 'want other attributes; what uses them is deployed again'),
  remove,
  hold,
  unhold,
]);
