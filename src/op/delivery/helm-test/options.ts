import { option, type RequestOf } from '../../kit/options/option.js';
import { environmentOptions } from '../environments/options.js';
import { leaseOptions } from '../lease/options.js';

/** The options of `op helm-test`. */
export const helmTestOptions = {
  environment: option.text('environment of the release; with "tests: none" there, op tests nothing', {
    value: '<name>',
  }),
  release: option.text('Helm release to test', { value: '<name>', otherwise: 'that of the component' }),
  releaseNamespace: option.text('namespace that the release is installed in: its tests may create nothing elsewhere', {
    value: '<name>',
    otherwise: 'that of the component',
  }),
  allowNoTests: option.flag('pass a release that has no tests'),
  filter: option.list('tests to run: NAME, or !name=NAME for all but that one', { value: '<tests>' }),
  ...environmentOptions,
  ...leaseOptions,
  timeout: option.duration('time limit for all tests', { default: '5m' }),
};

export type HelmTestFlags = RequestOf<typeof helmTestOptions>;
