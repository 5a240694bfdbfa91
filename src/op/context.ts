import type { Log } from './kit/log/log.js';

/** Every way in which a command touches the world comes in through this object, so that tests need no patching. */
export interface Context {
  /** The environment that op was started with; never changed. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path that relative paths on the command line start from. */
  readonly cwd: string;
  readonly now: () => Date;
  /** What the command produces: data, machine output. */
  readonly out: (text: string) => void;
  /** What the command tells a person: stderr on a terminal, see `Log`. */
  readonly log: Log;
  /** Aborted by SIGINT, SIGTERM or SIGHUP (`reason` is an `Interrupted`); child processes are given it. */
  readonly signal: AbortSignal;
  readonly debug: boolean;
  /** Path of the properties file from `--config` or OCTOPILOT_PIPELINE_PROPERTIES, if one was named. */
  readonly propertiesFile: string | undefined;
}
