import { usageError } from '../../kit/errors/op-error.js';
import { outputForm } from '../../kit/options/output-form.js';
import { clusterOptions, nextOptions, startOptions } from '../../schedules/options.js';
import { command, group } from '../commander/command.js';

const words = { sentence: 'name of a schedule', usage: '[options] <name>' };

const next = command({
  name: 'next',
  description: 'show when a schedule starts next, by the rules of Kubernetes',
  options: nextOptions,
  words,
  run: async (context, request, invocation) => {
    const { showNext } = await import('../../schedules/next.js');
    await showNext(context, request, oneOf(invocation.words, 'next', false));
  },
});

const list = command({
  name: 'list',
  description: 'list the schedules of a namespace, with their next start and last run',
  options: { output: outputForm, ...clusterOptions },
  run: async (context, request) => {
    const { listAll } = await import('../../schedules/list.js');
    await listAll(context, request);
  },
});

const run = command({
  name: 'run',
  description: 'start a schedule now, also a paused one; its overlap rule holds',
  options: clusterOptions,
  words,
  run: async (context, request, invocation) => {
    const { runNow } = await import('../../schedules/run-now.js');
    await runNow(context, request, oneOf(invocation.words, 'run'));
  },
});

const pauseOrResume = (name: 'pause' | 'resume', description: string) =>
  command({
    name,
    description,
    options: clusterOptions,
    words,
    run: async (context, request, invocation) => {
      const { setPaused } = await import('../../schedules/pause.js');
      await setPaused(context, request, oneOf(invocation.words, name), name === 'pause');
    },
  });

const start = command({
  name: 'start',
  description: 'create the PipelineRun of a schedule: what its CronJob runs',
  options: startOptions,
  run: async (context, request) => {
    const { startRun } = await import('../../schedules/start/start.js');
    await startRun(context, request);
  },
});

/** `op schedule`: Pipelines that start by the clock. */
export const schedule = group('schedule', 'Pipelines that start by the clock: when, and start, pause and resume them', [
  next,
  list,
  run,
  pauseOrResume('pause', 'start no more runs of a schedule'),
  pauseOrResume('resume', 'let a paused schedule go on'),
  start,
]);

function oneOf(words: readonly string[], command: string): string;
function oneOf(words: readonly string[], command: string, required: false): string | undefined;
function oneOf(words: readonly string[], command: string, required = true): string | undefined {
  const [name, ...more] = words;
  if (more.length === 0 && (name !== undefined || !required)) return name;
  throw usageError({
    what: `op schedule ${command} needs the name of one schedule`,
    why: name === undefined ? 'none is given' : `${words.length} are given`,
    hint: 'op schedule list shows them',
  });
}
