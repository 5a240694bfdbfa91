import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import type { Artifact } from '../skaffold/artifact.js';
import { type Artifacts, dependenciesFirst } from '../skaffold/artifacts.js';
import { type Builders, chooseEngine, type Engine, type EngineChoice } from './engine.js';
import type { BuildRequest } from './options.js';
import { stagesOf } from './stages.js';

/** One image of a plan. */
export interface PlannedImage {
  readonly artifact: Artifact;
  /** Its name and tag in the registry. */
  readonly target: BuiltImage;
  readonly choice: EngineChoice;
  /** 1, or one more than the highest stage of the images that it is built from. */
  readonly stage: number;
}

/** Decides which engine builds each image, and why. An image comes after those that it is built from. */
export function planBuild(
  { artifacts }: Pick<Artifacts, 'artifacts'>,
  named: readonly BuiltImage[],
  wanted: BuildRequest['engine'],
  builders: Builders,
): readonly PlannedImage[] {
  checkSameImages(artifacts, named);
  const stages = stagesOf(artifacts);
  return dependenciesFirst(named, artifacts).flatMap((target) => {
    const artifact = artifacts.find(({ image }) => image === target.imageName);
    // For the compiler: both lists have the same images.
    if (artifact === undefined) return [];
    const choice = chooseEngine(artifact, wanted, builders);
    return [{ artifact, target, choice, stage: stages.get(artifact.image) ?? 1 }];
  });
}

/** Two commands of Skaffold give the images and their tags: both must list the same images. */
function checkSameImages(artifacts: Artifacts['artifacts'], named: readonly BuiltImage[]): void {
  const one = artifacts.map(({ image }) => image);
  const other = named.map(({ imageName }) => imageName);
  const only = [...one.filter((name) => !other.includes(name)), ...other.filter((name) => !one.includes(name))];
  if (only.length === 0) return;
  throw inputError({
    what: `it is unclear whether to build ${only.join(', ')}`,
    why: `skaffold diagnose lists ${one.join(', ')}; skaffold build would build ${other.join(', ')}: only one of them activates a profile`,
    hint: 'name the profile with --profile, or do not activate it by command or Kubernetes context',
  });
}

/** Warns of an engine that was asked for, and that builds none of the images. */
export function warnOfEngine(
  { log }: Pick<Context, 'log'>,
  wanted: BuildRequest['engine'],
  plan: readonly PlannedImage[],
): void {
  if (wanted === 'auto' || plan.some(({ choice: { engine } }) => engine === undefined || engine === wanted)) return;
  const [first] = plan;
  if (first !== undefined) log.warn(`--engine=${wanted} builds no image: ${first.artifact.image}: ${first.choice.why}`);
}

/** An image that can be built here. */
export type BuildableImage = PlannedImage & { readonly choice: { readonly engine: Engine } };

/** @throws OpError (input) that names every image that cannot be built here */
export function checkBuildable(file: string, plan: readonly PlannedImage[]): readonly BuildableImage[] {
  const buildable: BuildableImage[] = [];
  const missing = new Map<string, { images: string[]; hint: string }>();
  for (const planned of plan) {
    const { artifact, choice } = planned;
    if (choice.engine !== undefined) {
      buildable.push({ ...planned, choice });
    } else {
      const same = missing.get(choice.why) ?? { images: [], hint: choice.hint };
      same.images.push(artifact.image);
      missing.set(choice.why, same);
    }
  }
  if (missing.size === 0) return buildable;
  const reasons = [...missing];
  throw inputError({
    what: `cannot build ${reasons.flatMap(([, { images }]) => images).join(', ')} of ${file} here`,
    why: reasons.map(([why, { images }]) => (reasons.length > 1 ? `${images.join(', ')}: ${why}` : why)).join('\n'),
    hint: [
      ...reasons.map(([, { hint }]) => hint),
      'or choose other builders with --profile; op build --plan shows all images',
    ].join('\n'),
  });
}

/** The parts of a plan that a person or a program reads. */
export const describeImage = (
  { artifact, target, choice, stage }: PlannedImage,
  relative: (path: string) => string,
) => ({
  image: artifact.image,
  target: formatReference(target.reference),
  builder: artifact.builder,
  engine: choice.engine ?? null,
  why: choice.why,
  context: relative(artifact.context),
  requires: artifact.requires.map(({ image }) => image),
  stage,
});
