import { inputError } from '../../kit/errors/op-error.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import type { Artifact } from '../skaffold/artifact.js';
import { type Artifacts, dependenciesFirst } from '../skaffold/artifacts.js';
import { type Around, type Choice, chooseEngine, type Engine } from './engine.js';
import { stagesOf } from './stages.js';

/** One image of a plan. */
export interface Planned {
  readonly artifact: Artifact;
  /** Its name and tag in the registry. */
  readonly target: BuiltImage;
  readonly choice: Choice;
  /** 1, or one more than the highest stage of what it is built from. */
  readonly stage: number;
}

/** Which image is built by what, and why; an image after those that it is built from. */
export function planBuild(
  { artifacts }: Pick<Artifacts, 'artifacts'>,
  named: readonly BuiltImage[],
  wanted: Engine | 'auto',
  around: Around,
): readonly Planned[] {
  checkSameImages(artifacts, named);
  const stages = stagesOf(artifacts);
  return dependenciesFirst(named, artifacts).flatMap((target) => {
    const artifact = artifacts.find(({ image }) => image === target.imageName);
    // For the compiler: both lists have the same images.
    if (artifact === undefined) return [];
    const choice = chooseEngine(artifact, wanted, around);
    return [{ artifact, target, choice, stage: stages.get(artifact.image) ?? 1 }];
  });
}

/** Skaffold is asked twice, for the images and for their tags: both answers must be about the same images. */
function checkSameImages(artifacts: Artifacts['artifacts'], named: readonly BuiltImage[]): void {
  const one = artifacts.map(({ image }) => image);
  const other = named.map(({ imageName }) => imageName);
  const only = [...one.filter((name) => !other.includes(name)), ...other.filter((name) => !one.includes(name))];
  if (only.length === 0) return;
  throw inputError({
    what: `it is not clear whether ${only.join(', ')} is to be built`,
    why: `skaffold diagnose describes ${one.join(', ')}; skaffold build would build ${other.join(', ')}: a profile is activated by one of them only`,
    hint: 'name the profile with --profile, or activate it by something else than the command or the Kubernetes context',
  });
}

/** A plan that can be carried out here. */
export type Feasible = Planned & { readonly choice: { readonly engine: Engine } };

/** @throws OpError (input) that names every image that nothing here can build */
export function checkFeasible(file: string, plan: readonly Planned[]): readonly Feasible[] {
  const feasible: Feasible[] = [];
  const missing = new Map<string, { images: string[]; hint: string }>();
  for (const planned of plan) {
    const { artifact, choice } = planned;
    if (choice.engine !== undefined) {
      feasible.push({ ...planned, choice });
    } else {
      const same = missing.get(choice.why) ?? { images: [], hint: choice.hint };
      same.images.push(artifact.image);
      missing.set(choice.why, same);
    }
  }
  if (missing.size === 0) return feasible;
  const reasons = [...missing];
  throw inputError({
    what: `cannot build ${reasons.flatMap(([, { images }]) => images).join(', ')} of ${file} here`,
    why: reasons.map(([why, { images }]) => (reasons.length > 1 ? `${images.join(', ')}: ${why}` : why)).join('\n'),
    hint: [
      ...reasons.map(([, { hint }]) => hint),
      'or choose other builders with --profile; op build --plan shows all',
    ].join('\n'),
  });
}

/** The parts of a plan that a person or a program reads. */
export const describe = ({ artifact, target, choice, stage }: Planned, relative: (path: string) => string) => ({
  image: artifact.image,
  target: formatReference(target.reference),
  builder: artifact.builder,
  engine: choice.engine ?? null,
  why: choice.why,
  context: relative(artifact.context),
  requires: artifact.requires.map(({ image }) => image),
  stage,
});
