import type { Sources } from '../load/sources.js';
import { itemsOf } from '../next/phases.js';
import { execute } from './execute.js';
import type { Runner } from './runner.js';
import { type RunTekton, tektonFunction } from './tekton.js';

/** Evaluates and runs the code of a repository in this process. @param runTekton runs Tasks and Pipelines */
export const runsHere = ({ has, evaluate, filesOf }: Sources, runTekton: RunTekton): Runner => ({
  has,
  plan: async (of, environments) => (await evaluate(of, environments)).plan,
  find: async (context, release, item, action) => {
    const evaluated = await evaluate(release, release.plan.environments);
    const planned = itemsOf(release.plan).find(({ key }) => key === item)?.runs?.[action];
    const found =
      planned === undefined
        ? evaluated.functions.get(item)?.[action]
        : tektonFunction(context, runTekton, release.plan, planned);
    if (found === undefined) throw new Error(`${release.ref} has no ${action} of ${item} any more`);
    const directory = planned === undefined ? evaluated.directory : await filesOf(release.commit);
    return (_, call) => ({
      run: () => execute(context, { ...call, function: found, directory, lookUp: evaluated.lookUp }),
    });
  },
  look: async () => undefined,
  untilOneEnds: async () => false,
});
