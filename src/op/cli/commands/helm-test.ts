import { helmTestOptions } from '../../delivery/helm-test/options.js';
import { command } from '../commander/command.js';

/** `op helm-test`: the tests of a Helm release as a gate. */
export const helmTest = command({
  name: 'helm-test',
  description: 'run the tests of a Helm release, print their logs, and fail unless all of them pass',
  options: helmTestOptions,
  run: async (context, request) => {
    const { helmTest } = await import('../../delivery/helm-test/helm-test.js');
    await helmTest(context, request);
  },
});
