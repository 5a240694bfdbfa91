import { option } from '../kit/options/option.js';
import { outputForm } from '../kit/options/output-form.js';

/** Where releases are remembered; every command has it. */
export const placeOptions = {
  store: option.text('where state is: cluster, cluster:NAMESPACE, directory:PATH, or git:URL#BRANCH', {
    value: '<store>',
    variable: 'OP_STORE',
    otherwise: 'that of octopipeline.repo.ts, else a directory of this user',
  }),
  intentStore: option.text('where intent is', {
    value: '<store>',
    variable: 'OP_INTENT_STORE',
    otherwise: 'that of octopipeline.repo.ts, else where state is',
  }),
  namespace: option.text('namespace of the store cluster', { value: '<name>', otherwise: 'that of the kubeconfig' }),
};

export const shownOptions = { ...placeOptions, output: outputForm };

/** Of what can be drawn. */
export const drawnOptions = {
  ...placeOptions,
  output: option.choice('output format', ['text', 'json', 'mermaid'], {
    value: '<form>',
    letter: 'o',
    default: 'text',
  }),
};

export const viewOptions = {
  ...placeOptions,
  listen: option.text('where the page is shown: 127.0.0.1:PORT, localhost:PORT or [::1]:PORT; with 0, at a free port', {
    value: '<address>',
    default: '127.0.0.1:0',
  }),
  output: option.text('write the page to this file instead', { value: '<file>', letter: 'o' }),
};

export const workOptions = {
  ...placeOptions,
  parallel: option.count('how many items run at a time', { default: 4 }),
};

export const dryRunOptions = { dryRun: option.flag('say what would be done, and do nothing', { plain: true }) };

export const reasonOptions = {
  reason: option.text('why, for those who look at it later', { value: '<text>', default: '' }),
};

export const environmentOptions = {
  environment: option.list('only there', { value: '<name>', otherwise: 'all environments' }),
};

export const untilOptions = {
  until: option.text('when it ends by itself, such as 2026-12-24T08:00:00Z', { value: '<time>', otherwise: 'never' }),
};

export const reportOptions = {
  report: option.flag('show how often, how fast and how well releases reach each environment instead', { plain: true }),
  days: option.count('days that the report looks back', { default: 30 }),
};
