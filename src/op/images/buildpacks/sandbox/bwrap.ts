import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ownProcAndDev } from '../../../kit/process/kernel-files.js';
import { phasePaths, phaseUser } from './phase-runner.js';

/** The directories of one build on this machine. */
export interface Directories {
  readonly app: string;
  readonly layers: string;
  readonly exchange: string;
  readonly home: string;
  readonly temporary: string;
  readonly private: string;
}

/** Separate namespaces, except for the network: the user of the phases is mapped to the user that runs op. */
const namespaces = [
  ['--die-with-parent', '--new-session'],
  ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ['--uid', `${phaseUser}`, '--gid', `${phaseUser}`],
].flat();

const shared = ({ app, layers, exchange }: Directories) =>
  [
    ['--bind', app, phasePaths.app],
    ['--bind', layers, phasePaths.layers],
    ['--bind', exchange, phasePaths.exchange],
    ['--chdir', phasePaths.app],
  ].flat();

/** Arguments of bwrap that test whether this machine allows namespaces. */
export const probeArguments: readonly string[] = [...namespaces, '--ro-bind', '/', '/', '--', 'true'];

/**
 * Arguments of bwrap for a program in the builder's file system, which it cannot write to.
 * @param env all variables that the program gets
 */
export function builderArguments(
  root: string,
  directories: Directories,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : ['--setenv', name, value],
  );
  return [
    ...namespaces,
    ...['--hostname', 'builder'],
    ...['--clearenv', ...variables],
    ...['--ro-bind', root, '/', ...ownProcAndDev],
    ...['--bind', directories.temporary, '/tmp', '--bind', directories.home, phasePaths.home],
    ...['--ro-bind-try', '/etc/resolv.conf', '/etc/resolv.conf', '--ro-bind-try', '/etc/hosts', '/etc/hosts'],
    ...shared(directories),
    '--',
  ];
}

/** Mount points that {@link builderArguments} needs in a file system. */
export const mountPoints = {
  directories: [...Object.values(phasePaths), '/tmp', '/proc', '/dev'],
  files: ['/etc/resolv.conf', '/etc/hosts'],
} as const;

/**
 * Arguments of bwrap for a program of this machine: it sees all files, and can write only to the directories of the build.
 */
export async function trustedArguments(directories: Directories): Promise<readonly string[]> {
  // The exporter would copy the contents of /cnb into the image.
  const hidden = new Set<string>([...Object.values(phasePaths), '/proc', '/dev', '/sys', '/cnb']);
  const view: string[] = [];
  for (const entry of await readdir('/', { withFileTypes: true })) {
    const path = join('/', entry.name);
    if (hidden.has(path)) continue;
    if (entry.isSymbolicLink()) view.push('--symlink', await readlink(path), path);
    else if (entry.isDirectory()) view.push('--ro-bind', path, path);
  }
  return [
    ...namespaces,
    ...view,
    ...ownProcAndDev,
    ...['--bind', directories.private, directories.private],
    ...shared(directories),
    '--',
  ];
}
