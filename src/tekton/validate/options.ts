/** What to let pass. */
export interface ValidateOptions {
  /** Alpha fields that the cluster is known to have switched on. @default [] */
  readonly allow?: readonly 'cel'[];
}
