import { inputError } from '../../kit/errors/op-error.js';
import type { Artifact } from '../skaffold/artifact.js';

type Node = Pick<Artifact, 'image' | 'requires'>;

/** The stage of each image: 1, or one more than the highest stage of the images that it is built from. There must be no cycle. */
export function stagesOf(artifacts: readonly Node[]): ReadonlyMap<string, number> {
  const stages = new Map<string, number>();
  const stageOf = ({ image, requires }: Node): number => {
    const known = stages.get(image);
    if (known !== undefined) return known;
    const below = requires.flatMap(({ image }) => artifacts.filter((other) => other.image === image)).map(stageOf);
    const stage = 1 + Math.max(0, ...below);
    stages.set(image, stage);
    return stage;
  };
  for (const artifact of artifacts) stageOf(artifact);
  return stages;
}

/** @throws OpError (input) when images are built from each other, or from an unknown image */
export function checkNoCycle(file: string, artifacts: readonly Node[]): void {
  const done = new Set<string>();
  const visit = (node: Node, path: readonly string[]) => {
    if (path.includes(node.image)) throw cycle(file, [...path.slice(path.indexOf(node.image)), node.image]);
    if (done.has(node.image)) return;
    for (const { image } of node.requires) {
      const other = artifacts.find((artifact) => artifact.image === image);
      if (other === undefined) throw unknown(file, node.image, image, artifacts);
      visit(other, [...path, node.image]);
    }
    done.add(node.image);
  };
  for (const artifact of artifacts) visit(artifact, []);
}

const cycle = (file: string, images: readonly string[]) =>
  inputError({
    what: `the images of ${file} depend on each other in a cycle`,
    why: `each is built from the next: ${images.join(' -> ')}`,
    hint: 'remove one of these from build.artifacts[].requires',
  });

const unknown = (file: string, image: string, missing: string, artifacts: readonly Node[]) =>
  inputError({
    what: `${image} of ${file} requires ${missing}, which ${file} does not have`,
    why: `the images are ${artifacts.map(({ image }) => image).join(', ')}`,
    hint: 'correct build.artifacts[].requires, or add the image',
  });
