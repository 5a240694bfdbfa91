import type { LocalProblem } from '../contract.js';
import type { Documents } from '../documents/read.js';
import type { Resolved } from '../pipeline-run/make-plan.js';
import type { Wanted } from './describe-target.js';
import { type Target, targetName } from './find-target.js';

/** Fields of a step or a volume of which the Tasks' own notes speak. */
const spoken = /\b(?:securityContext|computeResources|sizeLimit)$/u;

/** Fields of what is used that have no effect on this machine. */
export function ignoredFields(
  { others }: Documents,
  notes: readonly LocalProblem[],
  { tasks }: Resolved,
  { pipeline }: Wanted,
  target: Target,
): readonly string[] {
  const used = Object.values(tasks).map(({ taskName }) => `Task/${taskName}`);
  const roots = [`${target.kind}/${targetName(target)}`, `Pipeline/${pipeline.name}`, ...used];
  const givenAccounts = others.some(({ kind }) => kind === 'ServiceAccount');
  return notes
    .filter(
      ({ path }) =>
        roots.some((root) => path.startsWith(`${root} `)) ||
        /^StepAction\/\S+ /u.test(path) ||
        // A file that is left out.
        !/^[A-Z]\w+\//u.test(path),
    )
    .filter(({ path }) => !spoken.test(path) && !(givenAccounts && path.endsWith('serviceAccountName')))
    .map(({ path, what }) => `${path}: ${what}`);
}
