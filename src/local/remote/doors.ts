/** What local runs ask of the outside; `op local` passes it in, because only op talks to Git servers and registries. */
import type { Context } from '../../op/context.js';

/** Who logs in. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Files of a repository on a Git server. */
export interface OpenRepository extends AsyncDisposable {
  /** The full commit id of a branch, a tag or a full name. */
  readonly commitOf: (revision: string) => Promise<string>;
  readonly textOf: (commit: string, path: string) => Promise<string>;
}

/** A layer of an image that holds one file. */
export interface Layer {
  readonly annotations: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What is checked out in a directory. */
export interface Checkout {
  /** The top of the work tree. */
  readonly root: string;
  /** The full commit id. */
  readonly commit: string;
  /** Undefined for a detached HEAD. */
  readonly branch: string | undefined;
  /** Of the remote `origin`, without credentials; empty when there is none. */
  readonly url: string;
}

/** Every door throws an `OpError` for what it cannot do. */
export interface Doors {
  readonly openRepository: (context: Context, url: string, login: Login | undefined) => Promise<OpenRepository>;
  readonly getText: (context: Context, url: string, login: Login | undefined) => Promise<string>;
  /** The name of the repository as Tekton writes it, and the digest that the tag has now. */
  readonly imageDigest: (
    context: Context,
    image: string,
    dockerConfig: string | undefined,
  ) => Promise<{ readonly name: string; readonly digest: string }>;
  readonly imageLayers: (
    context: Context,
    image: string,
    digest: string,
    dockerConfig: string | undefined,
  ) => Promise<readonly Layer[]>;
  /** Undefined where there is no repository or no commit. */
  readonly checkout: (context: Context, directory: string) => Promise<Checkout | undefined>;
}
