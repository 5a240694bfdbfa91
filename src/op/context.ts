import type { Log } from './kit/log/log.js';

/** Everything that a command needs from the outside world, passed in as one object so that tests need no patching. */
export interface Context {
  /** The environment that op was started with; never changed. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path that relative paths on the command line start from. */
  readonly cwd: string;
  readonly now: () => Date;
  /** What the command produces: data, machine output. */
  readonly out: (text: string) => void;
  /** What the command prints for people: stderr on a terminal, see `Log`. */
  readonly log: Log;
  /** Aborted by SIGINT, SIGTERM or SIGHUP (`reason` is an `Interrupted`); child processes are stopped by it. */
  readonly signal: AbortSignal;
  readonly debug: boolean;
  /** Path of the properties file from `--config` or OCTOPILOT_PIPELINE_PROPERTIES, if given. */
  readonly propertiesFile: string | undefined;
  /** Loads a module of a user by its URL. */
  readonly importModule: (url: string) => Promise<unknown>;
}
