import { below, type Report } from '../problem.js';
import type { Sidecar } from '../step.js';
import type { TaskDefinition } from '../task.js';
import { type TaskWorkspace, WORKSPACE } from '../workspace.js';
import { checkContainer, isSecret } from './container.js';
import { checkFields } from './known-fields.js';
import { checkLabel, checkUnique } from './names.js';
import { allowsTags, type ValidateOptions } from './options.js';
import { checkPortsAndProbes } from './probes.js';
import { checkStepWorkspaces, isolating, judgeOf, stray } from './step.js';
import { item, type Judge } from './strings.js';

/** Checks the sidecars of a Task. */
export function checkSidecars(task: TaskDefinition, options: ValidateOptions, report: Report): void {
  const volumes = new Set(task.volumes.map((volume) => volume.name));
  const pathOf = (index: number) => item('sidecars', index, task.sidecars[index]?.name);
  checkUnique(
    task.sidecars.map((sidecar) => sidecar.name),
    pathOf,
    'sidecar',
    report,
  );
  task.sidecars.forEach((sidecar, index) => {
    const inside = below(report, pathOf(index));
    const judge = isolating(task, sidecar.workspaces, judgeOf(task, [], undefined));
    checkLabel(sidecar.name, '', inside);
    if (sidecar.name === 'tekton-log-results') inside('', `the name "${sidecar.name}" is reserved by Tekton`);
    checkFields(sidecar, 'sidecar', '', inside);
    checkStepWorkspaces(sidecar.workspaces, task, inside);
    checkContainer(
      sidecar,
      { judge, strict: judge, volumes, image: imageOf(task), allowTags: allowsTags(options) },
      inside,
    );
    checkPortsAndProbes(sidecar, inside);
    if (typeof sidecar.image === 'object') checkChosen(sidecar, task, inside);
  });
}

/** Which references may be the image of a sidecar. */
function imageOf({ owner }: TaskDefinition): Judge {
  return (reference) => {
    if (reference.owner !== owner) return stray(reference);
    if (reference.origin === 'param') return undefined;
    return {
      message: `"${reference.expression}" is not a param`,
      hint: 'an image is a literal, or a param of the Task',
    };
  };
}

/**
 * Anyone who starts the run chooses what runs in this sidecar, so it sees nothing that the Task was given. Tekton mounts a workspace
 * into every sidecar, unless a step or sidecar lists it in its own workspaces (`pkg/workspace/apply.go`).
 */
function checkChosen(sidecar: Sidecar, task: TaskDefinition, report: Report): void {
  const names = (list: readonly TaskWorkspace[] = []) => list.map(({ [WORKSPACE]: { name } }) => name);
  const own = names(sidecar.workspaces);
  const taken = new Set([...task.steps, ...task.sidecars].flatMap(({ workspaces }) => names(workspaces)));
  const why = 'and the image comes from a param';
  for (const name of Object.keys(task.workspaces)) {
    if (own.includes(name)) report('workspaces', `uses the workspace "${name}", ${why}`, 'pass files in an emptyDir');
    else if (!taken.has(name)) {
      report('', `sees the workspace "${name}", ${why}`, 'list it in workspaces of the steps that use it');
    }
  }
  sidecar.volumeMounts?.forEach(({ name }, index) => {
    const volume = task.volumes.find((candidate) => candidate.name === name);
    if (volume !== undefined && ('emptyDir' in volume || 'configMap' in volume)) return;
    if (typeof name === 'string' && volume === undefined) return; // reported as unknown already
    report(`volumeMounts[${index}].name`, `is more than an emptyDir or a ConfigMap, ${why}`, 'mount it in a step');
  });
  for (const [name, value] of Object.entries(sidecar.env ?? {})) {
    if (isSecret(value)) report(`env.${name}`, `uses a Secret, ${why}`, 'give it to a step');
  }
}
