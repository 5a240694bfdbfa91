import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../op/kit/process/find-program.js';
import { type Mount, unlessThere } from './mounts.js';
import { podPaths } from './pod-paths.js';

/** Images whose `sh` is busybox's ash, which takes `==` and `[[`, as the `sh` of many a machine does not. */
const withAsh = /(?:^|\/)(?:alpine|bash|busybox)(?:[:@]|$)/u;

/** How a step sees the shell of its image. */
export interface Shell {
  readonly mounts: readonly Mount[];
  /** A directory for the front of PATH. */
  readonly path: string;
}

/**
 * The shell of an image of busybox: that of this machine's busybox or, without one, bash, which takes all that ash takes.
 * `/bin/sh` is it where a step has a mount namespace; `sh` and `ash` are it everywhere.
 * @param directory where links to it can be made
 * @returns undefined for an image with another shell, or if this machine has neither
 */
export async function busyboxShell(
  image: string,
  PATH: string | undefined,
  directory: string,
): Promise<Shell | undefined> {
  if (!withAsh.test(image)) return undefined;
  const program = findProgram('busybox', PATH) ?? findProgram('bash', PATH);
  if (program === undefined) return undefined;
  await mkdir(directory, { recursive: true });
  for (const name of ['sh', 'ash']) {
    await symlink(program, join(directory, name)).catch(unlessThere);
  }
  return {
    mounts: [
      { path: podPaths.shell, source: directory, readOnly: true },
      { path: '/bin/sh', source: program, readOnly: true },
    ],
    path: podPaths.shell,
  };
}

/** No directory of this machine can get a `/bin/ash`, and it is the same program. */
export const shForAsh = (text: string): string => text.replace(/^(#!\s*)?\/bin\/ash(?=\s|$)/u, '$1/bin/sh');
