import type { HelmTestFlags } from '../../delivery/helm-test/request.js';
import { addEnvironmentOptions } from '../environment-options.js';
import { duration, flag, list, optional } from '../option.js';
import type { AddCommand } from '../program.js';

/** `op helm-test`: the tests of a Helm release as a gate. */
export const addHelmTest: AddCommand = (program, action) => {
  const command = program
    .command('helm-test')
    .description('run the tests of a Helm release, print their logs, and fail unless every one was seen to pass')
    .addOption(optional('--environment <name>', 'where it is; "tests: none" there means that nothing is tested'))
    .addOption(optional('--release <name>', 'the Helm release (default: that of the component)'))
    .addOption(flag('--allow-no-tests', 'a release without tests is no failure'))
    .addOption(list('--filter <tests>', 'only these tests: NAME, or !name=NAME for all but that one'));
  addEnvironmentOptions(command)
    .addOption(duration('--timeout <duration>', 'for all tests together', '5m'))
    .action(
      action<HelmTestFlags>(async (context, options) => {
        const { helmTest } = await import('../../delivery/helm-test/helm-test.js');
        await helmTest(context, options);
      }),
    );
};
