import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { inside, user } from './inside.js';

/** The directories of one build on this machine. */
export interface Directories {
  readonly app: string;
  readonly layers: string;
  readonly exchange: string;
  readonly home: string;
  readonly temporary: string;
  readonly private: string;
}

/** Namespaces of its own, save for the network: the user of the phases stands for whoever runs op. */
const apart = [
  ['--die-with-parent', '--new-session'],
  ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ['--uid', `${user}`, '--gid', `${user}`],
].flat();

const shared = ({ app, layers, exchange }: Directories) =>
  [
    ['--bind', app, inside.app],
    ['--bind', layers, inside.layers],
    ['--bind', exchange, inside.exchange],
    ['--chdir', inside.app],
  ].flat();

/** Arguments of bwrap that show whether namespaces can be had here at all. */
export const tryOut: readonly string[] = [...apart, '--ro-bind', '/', '/', '--', 'true'];

/**
 * Arguments of bwrap for a program in the builder's file system, which it cannot write to.
 * @param env all variables that the program gets
 */
export function inBuilder(
  root: string,
  directories: Directories,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : ['--setenv', name, value],
  );
  return [
    ...apart,
    ...['--hostname', 'builder'],
    ...['--clearenv', ...variables],
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev'],
    ...['--bind', directories.temporary, '/tmp', '--bind', directories.home, inside.home],
    ...['--ro-bind-try', '/etc/resolv.conf', '/etc/resolv.conf', '--ro-bind-try', '/etc/hosts', '/etc/hosts'],
    ...shared(directories),
    '--',
  ];
}

/** Mount points that {@link inBuilder} needs in a file system. */
export const mountPoints = {
  directories: [...Object.values(inside), '/tmp', '/proc', '/dev', '/etc'],
  files: ['/etc/resolv.conf', '/etc/hosts'],
} as const;

/**
 * Arguments of bwrap for a program of this machine, which sees everything as it is and can write to the build's directories only.
 */
export async function beside(directories: Directories): Promise<readonly string[]> {
  // Of /cnb the exporter would take what lies there into the image.
  const own = new Set<string>([...Object.values(inside), '/proc', '/dev', '/sys', '/cnb']);
  const view: string[] = [];
  for (const entry of await readdir('/', { withFileTypes: true })) {
    const path = join('/', entry.name);
    if (own.has(path)) continue;
    if (entry.isSymbolicLink()) view.push('--symlink', await readlink(path), path);
    else if (entry.isDirectory()) view.push('--ro-bind', path, path);
  }
  return [
    ...apart,
    ...view,
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--bind', directories.private, directories.private],
    ...shared(directories),
    '--',
  ];
}
