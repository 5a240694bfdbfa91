/**
 * A program that makes files with the usual modes, whatever umask op was started with: modes are a part of layers. Only a shell can set
 * the umask of one child.
 */
export const withUsualUmask = (argv: readonly string[]): readonly string[] => [
  '/bin/sh',
  '-c',
  'umask 022; exec "$@"',
  'sh',
  ...argv,
];
