import { dryRunOptions, placeOptions, workOptions } from '../../releases/options.js';
import { command, group } from '../commander/command.js';
import { releaseExitCodes, workExitCodes } from './release-exit-codes.js';
import { runTekton } from './run-tekton.js';

const workOf = (name: 'continue' | 'any', description: string) =>
  command({
    name,
    description,
    options: { ...dryRunOptions, ...workOptions },
    helpEnd: workExitCodes,
    run: async (context, request) => {
      const { work } = await import('../../releases/commands/work.js');
      await work(context, request, name, runTekton);
    },
  });

const trigger = command({
  name: 'trigger',
  description: 'call the trigger of octopipeline.repo.ts for each commit with work that is ready',
  options: { ...dryRunOptions, ...placeOptions },
  helpEnd: releaseExitCodes('called for each commit, or nothing is ready', 'a trigger failed or '),
  run: async (context, request) => {
    const { trigger } = await import('../../releases/commands/work.js');
    await trigger(context, request);
  },
});

/** `op work`: what releases, environments and intent need now. */
export const work = group('work', 'do what releases, environments and intent need now', [
  workOf('continue', 'do what is ready of releases of the commit that is checked out'),
  workOf('any', 'do everything that is ready in this repository'),
  trigger,
]);
