import type { EnvironmentValue, Given, Inputs } from './values.js';

/** How a program ended. */
export interface Executed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** How a program is started. */
export interface ExecOptions {
  /** Relative to the root of the repository, which is the default. */
  readonly directory?: string;
  /** Added to the environment of op; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Return instead of failing when the program fails. */
  readonly mayFail?: boolean;
}

/** What a function of a release gets. */
export interface ItemContext<I> {
  readonly inputs: Given<I>;
  readonly log: (text: string) => void;
  /**
   * Runs a program in the checkout of the release's commit. There is no shell: each argument reaches the program as it is.
   * @example await exec('kubectl', ['apply', '-f', 'k8s/', '-n', environment.attributes.namespace])
   */
  readonly exec: (program: string, args?: readonly string[], options?: ExecOptions) => Promise<Executed>;
  /** Keeps a value out of the log; a function whose output contains it fails. Returns the value. */
  readonly secret: (value: string) => string;
  /**
   * Gives the release a name besides its number, when the function has succeeded: `tag('1.4.0')`, and `op release show FILE/@1.4.0`. Letters,
   * digits, `_`, `.` and `-`, at most 63; another release may take it over, so `op approve` and `op release rollback` take numbers only.
   */
  readonly tag: (name: string) => void;
  /**
   * Goes on with another function in the same run, with inputs of its own: what it returns is for the caller to return. References are
   * looked up now. They are no inputs of the item, so it does not wait for them (without a value or a default it fails) and is not run again
   * when they change; in the pod of an item they cannot be looked up. When the process is killed, the run starts with the first function.
   * @example return handOff(smokeTest, { url: `https://${environment.name}.example.com` });
   */
  readonly handOff: <I extends Inputs, O>(
    next: (context: ItemContext<NoInfer<I>>) => O | Promise<O>,
    inputs?: I,
  ) => Promise<O>;
  /** Aborted when op is told to stop, or has lost its claim to the item. */
  readonly signal: AbortSignal;
  readonly release: { readonly name: string; readonly package: string; readonly commit: string };
  /** The root of the checkout. */
  readonly directory: string;
}

/** What `up` and `down` get, too. */
export interface DeployContext<I> extends ItemContext<I> {
  readonly environment: EnvironmentValue;
  readonly handOff: <I extends Inputs, O>(
    next: (context: DeployContext<NoInfer<I>>) => O | Promise<O>,
    inputs?: I,
  ) => Promise<O>;
}

/** A function of any item, as op calls it. */
export type ItemFunction = (context: DeployContext<Inputs>) => unknown;
