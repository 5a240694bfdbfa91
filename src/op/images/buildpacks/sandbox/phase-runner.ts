import type { Context } from '../../../context.js';
import type { Builder } from '../specification/builder.js';

/**
 * The paths that the phases, the builder and the exported image use. They are the same on every host: they are part of layers and of the
 * image's configuration, and a laptop and a pod must produce the same digest.
 */
export const phasePaths = {
  /** The application: the working directory of the image. */
  app: '/workspace',
  /** What buildpacks produce. */
  layers: '/layers',
  /** Inputs of the phases in the builder, and the requests from op to the builder's container. */
  exchange: '/builder',
  home: '/home/cnb',
} as const;

/** The user that phases run as and that owns layers: the same as op has in its image. */
export const phaseUser = 65532;

/**
 * Makes a program create files with the usual modes, whatever umask op was started with: modes are part of layers. Only a shell can set
 * the umask of a single child process.
 */
export const withUsualUmask = (argv: readonly string[]): readonly string[] => [
  '/bin/sh',
  '-c',
  'umask 022; exec "$@"',
  'sh',
  ...argv,
];

/** A program, its arguments, and extra environment variables. */
export interface Invocation {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
}

/** Runs the phases of one build. The directories are empty at first; phases see them at the paths in `phasePaths`. */
export interface PhaseRunner {
  readonly builder: Builder;
  readonly app: string;
  readonly layers: string;
  readonly exchange: string;
  /** Hidden from buildpacks; op's own phases see it at the same path. */
  readonly private: string;
  /** The user that op's own phases run as, and so the owner of layers. */
  readonly user: number;
  readonly group: number;
  /** Runs a program in the builder, without credentials, and returns its exit code. */
  readonly runInBuilder: (context: Context, invocation: Invocation) => Promise<number>;
  /** Runs a program of op itself, which may use credentials, and returns its exit code. */
  readonly runTrusted: (context: Context, invocation: Invocation) => Promise<number>;
}
