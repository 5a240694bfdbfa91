/** One value that is set. */
export interface Change {
  /** Where in the file, for people. */
  readonly place: string;
  /** Undefined: nothing was there. */
  readonly before: string | undefined;
  readonly after: string;
}
