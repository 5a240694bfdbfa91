/**
 * The message of a commit: what was changed in one line, and all changes when there are several.
 * @param isFirst whether it is the first commit of its branch
 * @param id what makes the commit different from any other
 */
export function messageOf(summaries: readonly string[], isFirst: boolean, id: string): string {
  const [only = 'Change nothing', ...more] = summaries;
  const parts = [
    more.length === 0 ? only : `Change ${summaries.length} documents`,
    ...(more.length === 0 ? [] : [summaries.join('\n')]),
    ...(isFirst ? ['This branch is a store of octopipeline: op writes these files, and reads them again.'] : []),
    `Octopipeline-Write: ${id}`,
  ];
  return parts.join('\n\n');
}
