import { posix } from 'node:path';

/** Below /proc: settings of the kernel, and files that act on the whole machine. Source: the read-only paths of containers in Docker. */
const kernelFiles = ['sys', 'sysrq-trigger', 'fs', 'irq', 'bus'].map((name) => `/proc/${name}`);

/**
 * The arguments of bwrap that give a sandbox its own /proc and /dev. To the kernel, every user of a sandbox is the user that runs op, and root
 * may change settings of the kernel without any capability: one of them names a program that it starts outside. bwrap protects only some.
 */
export const ownProcAndDev: readonly string[] = [
  ...['--proc', '/proc', '--dev', '/dev'],
  ...kernelFiles.flatMap((path) => ['--ro-bind-try', path, path]),
];

/**
 * Whether a path of a sandbox is where it has files of the kernel. Nothing may be made or mounted there: links such as /proc/1/root lead out
 * of the sandbox while bwrap makes its view, and so would the place. /dev/shm is an ordinary directory.
 */
export function isOfKernel(path: string): boolean {
  const place = posix.resolve('/', path);
  return /^\/(?:proc|dev|sys)(?:\/|$)/u.test(place) && !/^\/dev\/shm(?:\/|$)/u.test(place);
}
