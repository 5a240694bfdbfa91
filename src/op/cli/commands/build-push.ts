import type { Command } from 'commander';
import type { Action } from '../program.js';
import { addPushOptions, type PushOptions, runPush } from './push.js';

/** `op build-push`: as `op push`, without a profile of its own, and to localhost:5001 when no registry is configured. */
export function addBuildPush(program: Command, action: Action): void {
  const description = 'build and push, by default to localhost:5001; no profile unless one is named';
  addPushOptions(program.command('build-push').description(description)).action(
    action((context, options: PushOptions) => runPush('build-push', context, options)),
  );
}
