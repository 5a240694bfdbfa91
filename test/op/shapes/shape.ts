/** One way in which people write skaffold.yaml. */
export interface Shape {
  /** A sentence, after `op build --plan`. */
  readonly name: string;
  /** The directory next to this file that is the repository. */
  readonly from: string;
  /** Files that replace those of the directory, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A change to skaffold.yaml that an editor or a checkout would not keep in a file. */
  readonly change?: (yaml: string) => string;
  /** Symbolic links, path to target. */
  readonly links?: Readonly<Record<string, string>>;
  /** An annotated tag on the commit. */
  readonly tag?: string;
  readonly file?: string;
  readonly profiles?: readonly string[];
  /** The default repository; `null` for none. */
  readonly repository?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  /** More flags of op, which Skaffold does not know. */
  readonly flags?: readonly string[];
}

/** A file that Skaffold accepts, and the plan that op makes of it. */
export interface Plannable extends Shape {
  /**
   * One line an image, in the order of the build: stage, image, target without the default repository, builder/engine (`-` for none),
   * context, and what it is built from. `COMMIT` is the short commit, `*` a tag that only Skaffold can tell.
   */
  readonly plan: readonly string[];
  /** Why an engine was chosen, where it is not the usual reason; one part of it is enough. */
  readonly why?: Readonly<Record<string, string>>;
}

/** A file that cannot be built, and parts of the three lines of its error. */
export interface Refused extends Shape {
  readonly says: readonly (string | RegExp)[];
}
