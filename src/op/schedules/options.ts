import { option, type RequestOf } from '../kit/options/option.js';
import { overlapRules } from './contract.js';

/** Which cluster, and where in it. */
export const clusterOptions = {
  kubeconfig: option.text('kubeconfig file of the cluster', { value: '<file>', otherwise: 'as kubectl finds it' }),
  context: option.text('context of the kubeconfig', { value: '<name>', otherwise: 'its current one' }),
  namespace: option.text('namespace of the schedules', {
    value: '<name>',
    letter: 'n',
    otherwise: 'that of the kubeconfig or the pod',
  }),
};
export type ClusterFlags = RequestOf<typeof clusterOptions>;

const wholeNumber = (text: string) => (/^[1-9]\d{0,5}$/u.test(text) ? undefined : 'Use a whole number, 1 or more.');

/** How many and which runs stay; empty for all. */
const historyOptions = {
  historyLimit: {
    ...option.text('how many ended runs of the schedule stay', { value: '<number>', otherwise: 'all' }),
    problemOf: wholeNumber,
  },
  historyDays: {
    ...option.text('days after which ended runs of the schedule are deleted', {
      value: '<number>',
      otherwise: 'never',
    }),
    problemOf: wholeNumber,
  },
};

/** The options of what the CronJob of a schedule runs. */
export const startOptions = {
  name: option.text('name of the schedule', {
    value: '<name>',
    required: { why: 'runs of one schedule are found by its name', hint: 'give --name=NAME' },
  }),
  file: option.text('file with the PipelineRun to create', {
    value: '<file>',
    letter: 'f',
    required: { why: 'there is nothing to start', hint: 'give --file=FILE' },
  }),
  overlap: option.choice(
    'when another run of the schedule has not ended: start nevertheless, skip this start, cancel the other one, or wait for it',
    overlapRules,
    { default: 'forbid' },
  ),
  overlapWait: option.duration('how long to wait for the other run, with replace or queue', { default: '1h' }),
  jitter: option.duration('start up to this much later, each time by another part of it', { default: '0s' }),
  ...historyOptions,
  ...clusterOptions,
};
export type StartRequest = RequestOf<typeof startOptions>;

/** The options of `op schedule next`. */
export const nextOptions = {
  schedule: option.text('schedule to look at instead of one in the cluster, such as "0 3 * * *" or @daily', {
    value: '<cron>',
  }),
  timeZone: option.text('time zone of --schedule, as in the tz database', { value: '<zone>', default: 'Etc/UTC' }),
  count: option.count('how many starts to show', { default: 5 }),
  ...clusterOptions,
};
export type NextRequest = RequestOf<typeof nextOptions>;
