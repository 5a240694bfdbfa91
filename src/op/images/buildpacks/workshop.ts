import type { Context } from '../../context.js';
import type { Builder } from './builder.js';

/** A program, its arguments, and variables that it gets besides those of the place. */
export interface Invocation {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
}

/** A place while one image is built in it. The directories are empty at first; phases find them at the paths of `inside`. */
export interface Workshop {
  readonly builder: Builder;
  readonly app: string;
  readonly layers: string;
  readonly exchange: string;
  /** What no buildpack sees: for op's own phases it is at this path too. */
  readonly private: string;
  /** Whom op's own phases run as, and so whom layers belong to. */
  readonly user: number;
  readonly group: number;
  /** Runs a program in the builder, without credentials, and gives its exit code. */
  readonly inBuilder: (context: Context, invocation: Invocation) => Promise<number>;
  /** Runs a program of op's own, which may have credentials, and gives its exit code. */
  readonly beside: (context: Context, invocation: Invocation) => Promise<number>;
}
