import type { WireContainer, WireStep, WireTaskSpec } from '../../tekton/wire/task.js';
import type { LocalProblem } from '../contract.js';
import type { LocalStepAction } from '../documents/read.js';
import type { FoundTask } from '../pipeline-run/run-plan.js';
import { keySources } from '../runs/key-sources.js';
import { claimOf } from '../runs/object-files.js';
import { notations } from '../variables/params.js';

const hint = 'fetch the document yourself, look at it, and give its file with -f';

/** Whether a document that was fetched decides what the TaskRuns of a Task do, in all of its steps or in one. */
export const decidedElsewhere = ({ fetched, stepSources = {} }: FoundTask, pipelineFetched: boolean): boolean =>
  fetched !== undefined || pipelineFetched || Object.keys(stepSources).length > 0;

/**
 * What a Task that was fetched, or a StepAction of a Task, names of the user's, or a Pipeline that was fetched through a Task of the user. It
 * could send a Secret to any server, and change what later runs find in a claim. What the user binds to its workspaces is the user's choice.
 * @param whole its spec with the StepActions in it
 */
export function namedOwnObjects(
  found: FoundTask,
  whole: WireTaskSpec,
  pipelineFetched: boolean,
): readonly LocalProblem[] {
  const { fetched, taskName, actions, stepSources = {} } = found;
  if (fetched !== undefined || (pipelineFetched && taskName === '')) {
    return inSpec(whole, (what) => `a document that was fetched names ${what}`);
  }
  // Params of a Pipeline can end up in a script.
  const through = (what: string) => `a Pipeline that was fetched starts this Task, which has ${what}`;
  return [
    ...(pipelineFetched ? inSpec(whole, through) : []),
    ...Object.keys(stepSources).flatMap((index) => {
      const action = actions[Number(index)];
      const step = found.spec.steps[Number(index)];
      return action === undefined ? [] : inAction(`spec.steps[${index}]`, step, action);
    }),
  ];
}

/** A volume of the Task can be a Secret, or a workspace that other steps do not see, so its step has to name it. */
function inAction(path: string, step: WireStep | undefined, { spec }: LocalStepAction): readonly LocalProblem[] {
  const passed = (step?.params ?? []).filter(
    ({ value }) => typeof value === 'string' && !value.includes('$(steps.') && !value.includes('$(tasks.'),
  );
  const chosen = new Set(passed.flatMap(({ name }) => notations(name, 'task').map((notation) => `$(${notation})`)));
  const mounts = (spec.volumeMounts ?? []).filter(({ name }) => !chosen.has(name));
  return [
    ...inContainer(`${path}.ref`, spec, (what) => `a document that was fetched names ${what}`),
    ...mounts.map(({ name }) => ({
      path: `${path}.params`,
      what: `a StepAction that was fetched chooses the volume ${name} of the Task`,
      hint: `give the step the param in ${name} with the name of a volume`,
    })),
  ];
}

type Say = (what: string) => string;

function inSpec({ volumes = [], steps, sidecars = [], stepTemplate }: WireTaskSpec, say: Say): readonly LocalProblem[] {
  const mounted = volumes.flatMap((volume, index) => {
    const claim = claimOf(volume);
    const secrets = keySources(volume).flatMap(({ kind, name }) => (kind === 'secrets' ? [`the Secret ${name}`] : []));
    return [...secrets, ...(claim === undefined ? [] : [`the claim ${claim}`])].map((what) =>
      problem(`spec.volumes[${index}]`, say(what)),
    );
  });
  return [
    ...mounted,
    ...steps.flatMap((step, index) => inContainer(`spec.steps[${index}]`, step, say)),
    ...sidecars.flatMap((sidecar, index) => inContainer(`spec.sidecars[${index}]`, sidecar, say)),
    ...(stepTemplate === undefined ? [] : inContainer('spec.stepTemplate', stepTemplate, say)),
  ];
}

type Variables = Pick<WireContainer, 'env'> & {
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[];
};

function inContainer(path: string, { env = [], envFrom = [] }: Variables, say: Say): readonly LocalProblem[] {
  return [
    ...env.flatMap(({ valueFrom }, index) =>
      valueFrom !== undefined && 'secretKeyRef' in valueFrom
        ? [problem(`${path}.env[${index}].valueFrom`, say(`the Secret ${valueFrom.secretKeyRef.name}`))]
        : [],
    ),
    ...envFrom.flatMap(({ secretRef }, index) =>
      secretRef === undefined ? [] : [problem(`${path}.envFrom[${index}]`, say(`the Secret ${secretRef.name}`))],
    ),
  ];
}

const problem = (path: string, what: string): LocalProblem => ({ path, what, hint });
