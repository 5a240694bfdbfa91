import type { Context } from '../../context.js';
import { run } from '../../kit/process/run.js';

/** What `git describe --tags --always` calls HEAD, and whether files of the directory differ from it, untracked ones included. */
export interface Described {
  readonly name: string;
  readonly changed: boolean;
}

/** Describes the commit that is checked out; undefined when git cannot. */
export async function describeCommit(context: Context, directory: string): Promise<Described | undefined> {
  const git = (...args: string[]) =>
    run(context, { program: 'git', args: ['-C', directory, '-c', 'core.fsmonitor=false', ...args] });
  const [name, changes] = await Promise.all([git('describe', '--tags', '--always'), git('status', '.', '--porcelain')]);
  if (name.ended !== 'ok' || changes.ended !== 'ok') return undefined;
  return { name: name.stdout.trim(), changed: changes.stdout.trim() !== '' };
}
