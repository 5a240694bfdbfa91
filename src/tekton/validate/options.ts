/** What to allow. */
export interface ValidateOptions {
  /** Alpha fields that are enabled on the cluster. @default [] */
  readonly allow?: readonly 'cel'[];
}
