import type { WireContainer, WireTaskSpec } from '../../tekton/wire/task.js';
import type { LocalProblem } from '../contract.js';
import type { FoundTask } from '../pipeline-run/run-plan.js';
import { keySources } from '../runs/key-sources.js';
import { claimOf } from '../runs/object-files.js';

const hint = 'fetch the document yourself, look at it, and give its file with -f';

/**
 * What a Task that was fetched, or a StepAction of a Task, names of the user's. It could send a Secret to any server, and change what later
 * runs find in a claim. What the user binds to its workspaces is the user's choice.
 * @param embedded whether the Task is part of a Pipeline that was fetched
 */
export function namedOwnObjects(
  { spec, fetched, actions, stepSources = {} }: FoundTask,
  embedded: boolean,
): readonly LocalProblem[] {
  if (fetched !== undefined || embedded) return inSpec(spec);
  return Object.keys(stepSources).flatMap((index) => {
    const action = actions[Number(index)];
    return action === undefined ? [] : inContainer(`spec.steps[${index}].ref`, action.spec);
  });
}

function inSpec({ volumes = [], steps, sidecars = [], stepTemplate }: WireTaskSpec): readonly LocalProblem[] {
  const mounted = volumes.flatMap((volume, index) => {
    const claim = claimOf(volume);
    const secrets = keySources(volume).flatMap(({ kind, name }) => (kind === 'secrets' ? [`the Secret ${name}`] : []));
    return [...secrets, ...(claim === undefined ? [] : [`the claim ${claim}`])].map((what) =>
      problem(`spec.volumes[${index}]`, what),
    );
  });
  return [
    ...mounted,
    ...steps.flatMap((step, index) => inContainer(`spec.steps[${index}]`, step)),
    ...sidecars.flatMap((sidecar, index) => inContainer(`spec.sidecars[${index}]`, sidecar)),
    ...(stepTemplate === undefined ? [] : inContainer('spec.stepTemplate', stepTemplate)),
  ];
}

type Variables = Pick<WireContainer, 'env'> & {
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[];
};

function inContainer(path: string, { env = [], envFrom = [] }: Variables): readonly LocalProblem[] {
  return [
    ...env.flatMap(({ valueFrom }, index) =>
      valueFrom !== undefined && 'secretKeyRef' in valueFrom
        ? [problem(`${path}.env[${index}].valueFrom`, `the Secret ${valueFrom.secretKeyRef.name}`)]
        : [],
    ),
    ...envFrom.flatMap(({ secretRef }, index) =>
      secretRef === undefined ? [] : [problem(`${path}.envFrom[${index}]`, `the Secret ${secretRef.name}`)],
    ),
  ];
}

const problem = (path: string, what: string): LocalProblem => ({
  path,
  what: `a document that was fetched names ${what}`,
  hint,
});
