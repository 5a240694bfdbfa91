import { treeOf } from '../../systems/git/describe.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import type { PreparedBuild } from '../plan/prepare.js';
import type { ReuseDecision } from './already-built.js';
import type { Before } from './commit-record.js';
import { hasObjectId, mayMove, namesTheSource } from './source-tags.js';

/** The trees of the contexts of images whose tags may name them. */
export async function treesOf(
  { context, artifacts, head }: PreparedBuild,
  wanted: readonly BuiltImage[],
): Promise<ReadonlyMap<string, string>> {
  const trees = new Map<string, string>();
  for (const { imageName, reference } of wanted) {
    const { tag = '' } = reference;
    if (head === undefined || namesTheSource(tag, head) || !hasObjectId(tag)) continue;
    const artifact = artifacts.artifacts.find(({ image }) => image === imageName);
    const tree = artifact && (await treeOf(context, artifact.context));
    if (tree !== undefined) trees.set(imageName, tree);
  }
  return trees;
}

/** What the tags of the images to build name now, if they must not move. A tag such as `v1.2.3` moves with --rebuild, or after a build that failed: that is told. */
export function warnOfMovedTags(
  { context, head }: PreparedBuild,
  decisions: readonly ReuseDecision[],
  trees: ReadonlyMap<string, string>,
): readonly Before[] {
  return decisions.flatMap((decision) => {
    if (!('buildBecause' in decision)) return [];
    const { image, before: digest } = decision;
    const { reference, imageName } = image;
    const { tag = 'latest' } = reference;
    if (namesTheSource(tag, head) || mayMove(tag, head, trees.get(imageName))) return [];
    if (digest !== undefined) {
      context.log.warn(
        `${formatReference({ ...reference, digest })} exists: this build moves the tag to the new image`,
      );
    }
    return [{ reference, digest }];
  });
}
