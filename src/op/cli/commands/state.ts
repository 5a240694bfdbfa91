import { option } from '../../kit/options/option.js';
import { placeOptions, reportOptions, shownOptions, viewOptions, workOptions } from '../../releases/options.js';
import { command, group } from '../commander/command.js';
import { shownExitCodes, wantedExitCodes, workExitCodes } from './release-exit-codes.js';
import { runTekton } from './run-tekton.js';

const reference = { sentence: 'a reference, such as @/custom/size', usage: '[options] <reference>' };
const sideOptions = { intent: option.flag('look at intent, not at state', { plain: true }), ...placeOptions };

const get = command({
  name: 'get',
  description: 'print a document, or a part of it: REFERENCE#output/image',
  words: reference,
  options: sideOptions,
  helpEnd: shownExitCodes,
  run: async (context, request, { words }) => {
    const { getState } = await import('../../releases/commands/state.js');
    await getState(context, request, words);
  },
});

const match = command({
  name: 'match',
  description: "list the references that match a pattern, such as '**/@/deploy/*'",
  words: { sentence: 'a pattern', usage: '[options] <pattern>' },
  options: sideOptions,
  helpEnd: shownExitCodes,
  run: async (context, request, { words }) => {
    const { matchState } = await import('../../releases/commands/state.js');
    await matchState(context, request, words);
  },
});

const set = command({
  name: 'set',
  description: 'want a value: custom state, an environment, or the release of a deployment',
  words: { sentence: 'a reference and a value', usage: '[options] <reference> <value>' },
  options: {
    format: option.choice('how the value is written', ['json', 'string'], { value: '<form>', default: 'json' }),
    ...placeOptions,
  },
  helpEnd: wantedExitCodes,
  run: async (context, request, { words }) => {
    const { setState } = await import('../../releases/commands/state.js');
    await setState(context, request, words);
  },
});

const remove = command({
  name: 'remove',
  description: 'no longer want what a reference names; a deployment gets its down',
  words: reference,
  options: placeOptions,
  helpEnd: wantedExitCodes,
  run: async (context, request, { words }) => {
    const { removeState } = await import('../../releases/commands/state.js');
    await removeState(context, request, words);
  },
});

const diff = command({
  name: 'diff',
  description: 'list the references whose intent is not state yet',
  options: placeOptions,
  helpEnd: shownExitCodes,
  run: async (context, request) => {
    const { diffState } = await import('../../releases/commands/state.js');
    await diffState(context, request);
  },
});

const apply = command({
  name: 'apply',
  description: 'do what the intent of a reference needs',
  words: reference,
  options: workOptions,
  helpEnd: workExitCodes,
  run: async (context, request, { words }) => {
    const { applyState } = await import('../../releases/commands/state.js');
    await applyState(context, request, words, runTekton);
  },
});

const view = command({
  name: 'view',
  description:
    'show what op status shows, and the history of releases, as a page for a browser of this machine, or as a file',
  options: viewOptions,
  helpEnd: `The page cannot change anything, and ends with Ctrl-C. ${shownExitCodes}`,
  run: async (context, request) => {
    const { viewState } = await import('../../releases/commands/state-view.js');
    await viewState(context, request);
  },
});

/** `op state`: what is known, and what is wanted. */
export const state = group('state', 'what is known of releases and environments, and what is wanted', [
  get,
  match,
  set,
  remove,
  diff,
  apply,
  view,
]);

/** `op status`: one screen. */
export const status = command({
  name: 'status',
  description: 'show what runs in which environment, since when and by whom, and what waits for what',
  options: { ...reportOptions, ...shownOptions },
  helpEnd: shownExitCodes,
  run: async (context, request) => {
    const { showReport, showStatus } = await import('../../releases/commands/status.js');
    await (request.report ? showReport(context, request) : showStatus(context, request));
  },
});
