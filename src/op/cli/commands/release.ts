import { option } from '../../kit/options/option.js';
import {
  drawnOptions,
  environmentOptions,
  placeOptions,
  reasonOptions,
  shownOptions,
  untilOptions,
  workOptions,
} from '../../releases/options.js';
import { command, group } from '../commander/command.js';
import { releaseExitCodes, shownExitCodes, wantedExitCodes, workExitCodes } from './release-exit-codes.js';
import { runTekton } from './run-tekton.js';

const file = { sentence: 'the file of a release, or a release such as shop.release.ts/@r3', usage: '[options] <file>' };
const helpEnd = workExitCodes;

const create = command({
  name: 'new',
  description: 'make a release of the commit that is checked out, and do what can be done',
  words: file,
  options: {
    force: option.flag('also when there is a release of this commit', { plain: true, letter: 'f' }),
    ...workOptions,
  },
  helpEnd,
  run: async (context, request, { words }) => {
    const { newRelease } = await import('../../releases/commands/release-new.js');
    await newRelease(context, request, words, runTekton);
  },
});

const goOn = command({
  name: 'continue',
  description: 'do what can be done of a release now',
  words: file,
  options: workOptions,
  helpEnd,
  run: async (context, request, { words }) => {
    const { continueRelease } = await import('../../releases/commands/release-continue.js');
    await continueRelease(context, request, words, runTekton);
  },
});

const retry = command({
  name: 'retry',
  description: 'run again what has failed of a release',
  words: file,
  options: {
    later: option.flag('only say so: the next op work any, or Pipeline work, runs it', { plain: true }),
    ...workOptions,
  },
  helpEnd,
  run: async (context, request, { words }) => {
    const { retryRelease } = await import('../../releases/commands/release-continue.js');
    await retryRelease(context, request, words, runTekton);
  },
});

const list = command({
  name: 'list',
  description: 'list the releases, the newest first',
  words: { ...file, usage: '[options] [file]' },
  options: shownOptions,
  helpEnd: shownExitCodes,
  run: async (context, request, { words }) => {
    const { listReleases } = await import('../../releases/commands/release-show.js');
    await listReleases(context, request, words);
  },
});

const show = command({
  name: 'show',
  description: 'show the items of a release, what ran, and what waits for what',
  words: file,
  options: drawnOptions,
  helpEnd: shownExitCodes,
  run: async (context, request, { words }) => {
    const { showRelease } = await import('../../releases/commands/release-show.js');
    await showRelease(context, request, words);
  },
});

const previewOf = (name: 'lint' | 'preview', description: string) =>
  command({
    name,
    description,
    words: file,
    options: drawnOptions,
    helpEnd: releaseExitCodes('valid'),
    run: async (context, request, { words }) => {
      const { previewRelease } = await import('../../releases/commands/release-show.js');
      await previewRelease(context, request, words);
    },
  });

const bad = command({
  name: 'bad',
  description: 'never run a release again; whatever runs it goes back to the last good one',
  words: file,
  options: { ...reasonOptions, ...placeOptions },
  helpEnd: wantedExitCodes,
  run: async (context, request, { words }) => {
    const { markBad } = await import('../../releases/commands/verdict.js');
    await markBad(context, request, words);
  },
});

const abandon = command({
  name: 'abandon',
  description: 'do not go on with a release that is open or has failed; what it deployed stays',
  words: file,
  options: { ...reasonOptions, ...placeOptions },
  helpEnd: releaseExitCodes('abandoned'),
  run: async (context, request, { words }) => {
    const verdict = await import('../../releases/commands/verdict.js');
    await verdict.abandon(context, request, words);
  },
});

const rollback = command({
  name: 'rollback',
  description: 'want the release back that was deployed before',
  words: file,
  options: {
    to: option.text('the release to go back to', { value: '<rN>', otherwise: 'the good one that was there before' }),
    hold: option.flag('let no other release go there until op release unhold', { plain: true }),
    ...environmentOptions,
    ...reasonOptions,
    ...placeOptions,
  },
  helpEnd: wantedExitCodes,
  run: async (context, request, { words }) => {
    const { rollBack } = await import('../../releases/commands/rollback.js');
    await rollBack(context, request, words);
  },
});

const hold = command({
  name: 'hold',
  description: 'let no other release go to an environment by itself',
  words: file,
  options: { ...environmentOptions, ...untilOptions, ...reasonOptions, ...placeOptions },
  helpEnd: releaseExitCodes('held'),
  run: async (context, request, { words }) => {
    const rollback = await import('../../releases/commands/rollback.js');
    await rollback.hold(context, request, words);
  },
});

const unhold = command({
  name: 'unhold',
  description: 'end a hold',
  words: file,
  options: { ...environmentOptions, ...placeOptions },
  helpEnd: releaseExitCodes('no longer held'),
  run: async (context, request, { words }) => {
    const rollback = await import('../../releases/commands/rollback.js');
    await rollback.unhold(context, request, words);
  },
});

/** `op release`: releases of `*.release.ts`, over environments. */
export const release = group('release', 'releases of *.release.ts over environments: make, continue, show, roll back', [
  create,
  goOn,
  retry,
  list,
  show,
  previewOf('lint', 'check the file of a release, and show its plan'),
  previewOf('preview', 'show what a release would do with the environments that there are'),
  rollback,
  bad,
  abandon,
  hold,
  unhold,
]);

const item = { sentence: 'an item, such as shop.release.ts/@r3/deploy/production', usage: '[options] <item>' };
const problemOfGate = (gate: string) =>
  ['window', 'soak', 'check'].includes(gate) ? undefined : 'Use window, soak or check.';

export const approve = command({
  name: 'approve',
  description: 'say yes to an item that waits for it, with the inputs that it has now',
  words: item,
  options: {
    bypass: option.list('pass by these gates, too: window, soak, check', {
      value: '<gate>',
      problemOfItem: problemOfGate,
    }),
    look: option.flag('print what an approval would be for, and a digest of it; approve nothing', { plain: true }),
    for: option.text('approve only what has this digest, as --look printed it: inputs, gates and what it runs', {
      value: '<digest>',
      default: '',
    }),
    ...reasonOptions,
    ...placeOptions,
  },
  helpEnd: releaseExitCodes('approved'),
  run: async (context, request, { words }) => {
    const decide = await import('../../releases/commands/decide.js');
    await decide.approve(context, request, words);
  },
});

export const reject = command({
  name: 'reject',
  description: 'say no to an item that waits for an approval, until somebody approves it or its inputs change',
  words: item,
  options: { ...reasonOptions, ...placeOptions },
  helpEnd: releaseExitCodes('rejected'),
  run: async (context, request, { words }) => {
    const decide = await import('../../releases/commands/decide.js');
    await decide.reject(context, request, words);
  },
});
