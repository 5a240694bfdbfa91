import { option } from '../../kit/options/option.js';
import { outputForm } from '../../kit/options/output-form.js';
import { deployOptions } from '../../mirroring/deploy/options.js';
import { diskOptions } from '../../mirroring/disk/options.js';
import { historyOptions, turnOptions } from '../../mirroring/history/options.js';
import { imageSetOptions } from '../../mirroring/image-set/options.js';
import { importOptions, outputFileOptions } from '../../mirroring/import/options.js';
import { ocMirrorOptions } from '../../mirroring/oc-mirror/options.js';
import { checkOptions, deepOptions, dryRunOptions, mirrorOptions } from '../../mirroring/options.js';
import { pruneOptions } from '../../mirroring/prune/options.js';
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

const outputs = ['COPIED', 'UNCHANGED', 'FAILING', 'BYTES', 'SUMMARY'] as const;

const placeOptions = { file: mirrorOptions.file, directory: mirrorOptions.directory };

const report = command({
  name: 'report',
  description: 'write what happened, as JSON and as a page',
  options: { ...placeOptions, ...checkOptions, ...historyOptions, ...turnOptions, output: outputForm },
  helpEnd,
  outputs,
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
  outputs,
  run: async (context, request) => {
    const { runAll } = await import('../../mirroring/mirror.js');
    return runAll(context, request);
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

const prune = command({
  name: 'prune',
  description:
    'say which images of this mirror are not selected any more; with --delete, delete those that no rule keeps',
  options: { ...mirrorOptions, ...pruneOptions, ...historyOptions, ...turnOptions, output: outputForm },
  helpEnd:
    'Only what this mirror wrote itself is deleted, as its history says. Exit codes: 0 done, 3 the mirror file does not allow it, 4 an image could not be deleted, 6 refused: limits, a changed mirror file, or another run of this mirror is at work.',
  run: async (context, request) => {
    const { prune } = await import('../../mirroring/prune.js');
    await prune(context, request);
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

const ocMirror = command({
  name: 'oc-mirror',
  description: 'copy OpenShift content with oc-mirror v2, as an ImageSetConfiguration says',
  options: ocMirrorOptions,
  outputs: ['MIRRORED', 'FAILING', 'SUMMARY'],
  helpEnd:
    'Exit codes: 0 done, 2 the command line is wrong, 3 the configuration is invalid, 4 oc-mirror failed, 5 another run did not end in time (--wait), 6 another run uses the cache or the directory.',
  run: async (context, request) => {
    const { ocMirror } = await import('../../mirroring/oc-mirror/oc-mirror.js');
    return ocMirror(context, request);
  },
});

const deploy = command({
  name: 'deploy',
  description: 'start oc-mirror in a cluster, as a Job or a CronJob, with an ImageSet made of values or taken',
  options: deployOptions,
  outputs: ['WORKLOAD', 'METHOD', 'SUMMARY'],
  helpEnd:
    'Exit codes: 0 done, and a Job has succeeded; 2 the command line is wrong, 3 the values or a ConfigMap are invalid, 4 the Job failed or the cluster refused it, 5 the Job did not end in time, 6 a ConfigMap of that name is of something else.',
  run: async (context, request) => {
    const { deploy } = await import('../../mirroring/deploy/deploy.js');
    return deploy(context, request);
  },
});

const carry = command({
  name: 'carry',
  description: 'copy op into a directory, to run in the container of another image',
  options: {
    to: option.text('directory to copy op to', {
      value: '<dir>',
      required: { why: 'op goes there', hint: 'give a directory, such as --to=/op' },
    }),
  },
  run: async (context, request) => {
    const { carry } = await import('../../mirroring/deploy/carry.js');
    await carry(context, request);
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
  prune,
  importFile,
  convert,
  imageSet,
  ocMirror,
  deploy,
  carry,
]);
