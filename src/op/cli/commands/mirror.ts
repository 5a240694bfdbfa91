import { option } from '../../kit/options/option.js';
import { outputForm } from '../../kit/options/output-form.js';
import { diskOptions } from '../../mirroring/disk/options.js';
import { historyOptions, turnOptions } from '../../mirroring/history/options.js';
import { imageSetOptions } from '../../mirroring/image-set/options.js';
import { importOptions, outputFileOptions } from '../../mirroring/import/options.js';
import { checkOptions, deepOptions, dryRunOptions, mirrorOptions } from '../../mirroring/options.js';
import { command, group } from '../commander/command.js';

const helpEnd =
  'Exit codes: 0 done, 2 the command line is wrong, 3 the mirror file or the plan is invalid, 4 an image could not be copied, 5 another run did not end in time (--wait), 6 refused: limits, drift, the destination has something else, or another run of this mirror is at work.';

const resolve = command({
  name: 'resolve',
  description: 'compare both sides and write the plan: the dry run',
  options: { ...mirrorOptions, ...deepOptions, ...diskOptions, ...historyOptions, ...turnOptions, output: outputForm },
  helpEnd,
  run: async (context, request) => {
    const { resolve } = await import('../../mirroring/mirror.js');
    await resolve(context, request);
  },
});

const copy = command({
  name: 'copy',
  description: 'copy what the plan says; again, after a failure, what is still missing',
  options: { ...mirrorOptions, ...dryRunOptions, ...historyOptions, ...turnOptions },
  helpEnd,
  run: async (context, request) => {
    const { copy } = await import('../../mirroring/mirror.js');
    await copy(context, request);
  },
});

const verify = command({
  name: 'verify',
  description: 'ask the destination for everything that it should have by the plan',
  options: { ...mirrorOptions, ...deepOptions, ...dryRunOptions, ...historyOptions, ...turnOptions },
  helpEnd,
  run: async (context, request) => {
    const { verify } = await import('../../mirroring/mirror.js');
    await verify(context, request);
  },
});

const placeOptions = { file: mirrorOptions.file, directory: mirrorOptions.directory };

const report = command({
  name: 'report',
  description: 'write what happened, as JSON and as a page',
  options: { ...placeOptions, ...checkOptions, ...historyOptions, ...turnOptions, output: outputForm },
  helpEnd,
  outputs: ['COPIED', 'UNCHANGED', 'FAILING', 'BYTES', 'SUMMARY'],
  run: async (context, request) => {
    const { report } = await import('../../mirroring/mirror.js');
    return report(context, { ...request, insecureRegistry: [] });
  },
});

const runAll = command({
  name: 'run',
  description: 'resolve, copy, verify and report; also by way of a disk',
  options: { ...mirrorOptions, ...deepOptions, ...diskOptions, ...dryRunOptions, ...historyOptions, ...turnOptions },
  helpEnd,
  run: async (context, request) => {
    const { runAll } = await import('../../mirroring/mirror.js');
    await runAll(context, request);
  },
});

const history = command({
  name: 'history',
  description: 'list the runs that were verified, or the images of one',
  options: {
    ...placeOptions,
    ...historyOptions,
    run: option.text('list the images that the destination had after this run', {
      value: '<id>',
      otherwise: 'list the runs',
    }),
    output: outputForm,
  },
  run: async (context, request) => {
    const { showHistory } = await import('../../mirroring/show-history.js');
    await showHistory(context, request);
  },
});

const diff = command({
  name: 'diff',
  description: 'show what two runs left differently at the destination',
  options: {
    ...placeOptions,
    ...historyOptions,
    from: option.text('id of the earlier run', { value: '<id>', otherwise: 'the run before the other one' }),
    to: option.text('id of the later run', { value: '<id>', otherwise: 'the newest' }),
    output: outputForm,
  },
  run: async (context, request) => {
    const { showDiff } = await import('../../mirroring/show-diff.js');
    await showDiff(context, request);
  },
});

const importFile = command({
  name: 'import',
  description: 'write a mirror file that copies what a file of regsync, skopeo sync or oc-mirror does',
  words: { sentence: 'the file of the other tool', usage: '[options] <file>' },
  options: importOptions,
  helpEnd: 'Exit codes: 0 written, 3 the file has lines that a mirror file cannot say the same as.',
  run: async (context, request, { words }) => {
    const { importFile } = await import('../../mirroring/import/import.js');
    await importFile(context, request, words);
  },
});

const convert = command({
  name: 'convert',
  description: 'convert an ImageSetConfiguration of oc-mirror from v1alpha2 to v2alpha1',
  words: { sentence: 'the file to convert', usage: '[options] <file>' },
  options: outputFileOptions,
  helpEnd: 'Exit codes: 0 written, 3 the file has lines that v2alpha1 has nothing for.',
  run: async (context, request, { words }) => {
    const { convertFile } = await import('../../mirroring/image-set/convert-file.js');
    await convertFile(context, request, words);
  },
});

const imageSet = command({
  name: 'image-set',
  description: 'write the ImageSetConfiguration for oc-mirror that the clusters of AutoShift need',
  options: imageSetOptions,
  helpEnd: 'Exit codes: 0 written, 3 there is nothing to mirror, or with --strict something would be left out.',
  run: async (context, request) => {
    const { imageSet } = await import('../../mirroring/image-set/image-set.js');
    await imageSet(context, request);
  },
});

/** `op mirror`: images from registry to registry, as a mirror file says. */
export const mirror = group('mirror', 'copy images between registries as mirror.yaml says: plan, copy, prove, report', [
  resolve,
  copy,
  verify,
  report,
  runAll,
  history,
  diff,
  importFile,
  convert,
  imageSet,
]);
