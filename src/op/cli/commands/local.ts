import { option } from '../../kit/options/option.js';
import { registryOptions } from '../../systems/registry/options.js';
import { command, group } from '../commander/command.js';

/** Where runs are; every command of the group has it. */
const kept = {
  state: option.text('directory of the runs', { value: '<dir>', otherwise: 'octopipeline in XDG_STATE_HOME' }),
};

const output = option.choice('output format', ['text', 'json', 'yaml'], {
  value: '<form>',
  letter: 'o',
  default: 'text',
});

const parallel = option.text('how many TaskRuns work at a time', {
  value: '<number>',
  otherwise: 'the number of cores',
});

const files = {
  file: option.repeatable('Tekton YAML: a file, a directory, or - for stdin', { value: '<path>', letter: 'f' }),
};

const offline = option.flag('fetch nothing: resolvers use what was fetched before', { plain: true });

const event = option.repeatable(
  'value of the event that fills {{ NAME }} in .tekton templates of Pipelines-as-Code, such as sender=jane',
  { value: '<name=value>' },
);

const startOptions = {
  ...files,
  param: option.repeatable('param; an array is a,b,c and an object is key:value,key:value', {
    value: '<name=value>',
    letter: 'p',
  }),
  paramFile: option.text('YAML or JSON file with params by name', { value: '<file>' }),
  workspace: option.repeatable(
    'workspace: NAME=DIR (a copy of it), NAME=DIR,rw (itself), or name=NAME with one of emptyDir=, volumeClaimTemplate=, claimName=, secret=DIR, config=DIR, and subPath=',
    { value: '<binding>', letter: 'w' },
  ),
  hostImage: option.repeatable(
    'image for which this machine has what its steps need, with or without tag; * stands for any text: mirror.gcr.io/library/python',
    { value: '<pattern>' },
  ),
  useParamDefaults: option.flag('for those who come from tkn: defaults are always used, and op never asks', {
    plain: true,
  }),
  prefixName: option.text('start of the name of the run', { value: '<name>' }),
  labels: option.repeatable('label of the run', { value: '<key=value>', letter: 'l' }),
  store: option.text('where steps of octopipeline keep image info and locks: directory:PATH', {
    value: '<store>',
    variable: 'OP_STORE',
    otherwise: 'store in the directory of the runs',
  }),
  pipelineTimeout: option.text('limit of the whole run, such as 1h30m; 0 is none', { value: '<duration>' }),
  tasksTimeout: option.text('limit of its tasks', { value: '<duration>' }),
  finallyTimeout: option.text('limit of its finally tasks', { value: '<duration>' }),
  break: option.repeatable('stop before this step, with a shell in it; the run goes on when the shell ends', {
    value: '<task/step>',
  }),
  ownImages: option.flag(
    'run steps of debian, alpine and other images that only hold a shell in these images, too, not with the programs of this machine',
    { plain: true },
  ),
  dryRun: option.flag('check everything, print the run, and run nothing', { plain: true }),
  event,
  offline,
  ...registryOptions,
  parallel,
  ...kept,
  output,
};

const start = command({
  name: 'start',
  description: 'run a Pipeline, a Task, a PipelineRun or a TaskRun on this machine',
  words: { sentence: 'name of what to run, or its file', usage: '[options] <name|file...>' },
  options: startOptions,
  helpEnd:
    'Exit codes: 0 the run succeeded, 3 it was refused before anything started, 4 it failed or was cancelled, 5 it timed out, 130 and 143 op was stopped.',
  run: async (context, request, { words }) => {
    const { start } = await import('../../../local/commands/start.js');
    const { localDoors } = await import('./local-doors.js');
    const { fetchLocalImage } = await import('../../laptop/local-images.js');
    await start(context, request, words, localDoors(request), fetchLocalImage);
  },
});

const list = command({
  name: 'list',
  description: 'list the runs on this machine, newest first',
  options: { ...kept, output },
  run: async (context, request) => {
    const { list } = await import('../../../local/commands/commands.js');
    await list(context, request);
  },
});

const describe = command({
  name: 'describe',
  description: 'show a run: its tasks, params and results',
  words: { sentence: 'name of a run', usage: '[options] <run>' },
  options: { ...kept, output },
  run: async (context, request, { words }) => {
    const { describe } = await import('../../../local/commands/commands.js');
    await describe(context, request, words);
  },
});

const logs = command({
  name: 'logs',
  description: 'print what the steps of a run have printed',
  words: { sentence: 'name of a run', usage: '[options] <run>' },
  options: {
    follow: option.flag('wait for more until the run ends', { plain: true }),
    task: option.repeatable('only this task of the Pipeline', { value: '<name>', letter: 't' }),
    ...kept,
  },
  run: async (context, request, { words }) => {
    const { logs } = await import('../../../local/commands/commands.js');
    await logs(context, request, words);
  },
});

const cancel = command({
  name: 'cancel',
  description: 'end a run',
  words: { sentence: 'name of a run', usage: '[options] <run>' },
  options: {
    grace: option.choice('let the finally tasks run; StoppedRunFinally lets running tasks end, too', [
      'CancelledRunFinally',
      'StoppedRunFinally',
    ]),
    ...kept,
  },
  run: async (context, request, { words }) => {
    const { cancel } = await import('../../../local/commands/commands.js');
    await cancel(context, request, words);
  },
});

const remove = command({
  name: 'delete',
  description: 'remove runs, with their logs and workspaces',
  words: { sentence: 'names of runs', usage: '[options] <run...>' },
  options: kept,
  run: async (context, request, { words }) => {
    const { remove } = await import('../../../local/commands/commands.js');
    await remove(context, request, words);
  },
});

const rerun = command({
  name: 'rerun',
  description: 'do a run again, as a new run; or go on with one that failed',
  words: { sentence: 'name of a run', usage: '[options] <run>' },
  options: {
    failed: option.flag('go on in the same run: tasks that succeeded, and workspaces, are kept', { plain: true }),
    parallel,
    ...kept,
    output,
  },
  run: async (context, request, { words }) => {
    const { rerun } = await import('../../../local/commands/start.js');
    const { fetchLocalImage } = await import('../../laptop/local-images.js');
    await rerun(context, request, words, fetchLocalImage);
  },
});

const shell = command({
  name: 'shell',
  description: 'open a shell in a step of a run that has ended, or run a command there',
  words: {
    sentence: 'name of a run, and the step as TASK/STEP; without it, the step that failed',
    usage: '[options] <run> [<task/step> [-- <command...>]]',
  },
  options: kept,
  run: async (context, request, { words }) => {
    const { shell } = await import('../../../local/commands/commands.js');
    const { fetchLocalImage } = await import('../../laptop/local-images.js');
    await shell(context, request, words, fetchLocalImage);
  },
});

const graph = command({
  name: 'graph',
  description: 'draw the tasks of a Pipeline, or of a run with their states',
  words: { sentence: 'name of a run, of a Pipeline, or a file', usage: '[options] <run|name|file...>' },
  options: {
    ...files,
    output: option.choice('how to draw', ['text', 'mermaid', 'svg'], { value: '<form>', letter: 'o', default: 'text' }),
    event,
    offline,
    ...registryOptions,
    ...kept,
  },
  run: async (context, request, { words }) => {
    const { graph } = await import('../../../local/commands/graph.js');
    const { localDoors } = await import('./local-doors.js');
    await graph(context, request, words, localDoors(request));
  },
});

/** `op local`: Tekton on this machine, without a cluster or a container engine. */
export const local = group('local', 'run Tekton Pipelines and Tasks on this machine, without a cluster', [
  start,
  list,
  describe,
  logs,
  cancel,
  remove,
  rerun,
  shell,
  graph,
]);
