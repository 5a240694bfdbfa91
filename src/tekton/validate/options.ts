/** What to allow. */
export interface ValidateOptions {
  /**
   * What is usually wrong and is right here: `cel`, where the cluster has this alpha field; `tags`, images without a digest; `two-claims`,
   * Tasks with several claims, where the cluster's `coschedule` is not `workspaces`.
   * @default []
   */
  readonly allow?: readonly ('cel' | 'tags' | 'two-claims')[];
}

/** Whether images may be named by their tags alone. */
export const allowsTags = ({ allow = [] }: ValidateOptions): boolean => allow.includes('tags');
