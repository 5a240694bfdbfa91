/** What this machine cannot do matters only where it is done: not in steps for which functions stand. */
import type { FakeOf, LocalPipeline, LocalProblem } from '../contract.js';
import type { FoundTask } from '../pipeline-run/run-plan.js';
import { isFaked } from '../task-run/refusals.js';
import type { Spec } from '../task-run/task-spec.js';

/** A part of a Task that only its containers use: `spec.steps[0]…`, `spec.volumes[1]…`. */
const part = /(?:^|\.)(steps|volumes|sidecars)\[(\d+)\]|(?:^|\.)(stepTemplate)\b/u;

/** Whether a problem may be set aside until it is known which steps are faked. That of a StepAction may not: many steps may use it. */
export const mayBeSetAside = ({ path }: LocalProblem): boolean => part.test(path) && !path.startsWith('StepAction/');

/** Whether functions stand for all steps of a Task. */
export const isFakedWholly = (spec: Spec, fakeOf: FakeOf): boolean =>
  spec.steps.every((_, index) => isFaked(spec, index, fakeOf));

/**
 * Whether a problem of a Task is one of faked steps only.
 * @param path of the problem, below the Task or with more before it
 */
export function isOfFakes(path: string, spec: Spec, fakeOf: FakeOf): boolean {
  const [, list, number] = part.exec(path) ?? [];
  if (list === 'steps') return isFaked(spec, Number(number), fakeOf);
  if (isFakedWholly(spec, fakeOf)) return true;
  const volume = list === 'volumes' ? spec.volumes?.[Number(number)]?.name : undefined;
  if (volume === undefined) return false;
  const mounts = (mounted: Spec['steps'][number]['volumeMounts'] = []) => mounted.some(({ name }) => name === volume);
  if (mounts(spec.stepTemplate?.volumeMounts)) return false;
  if (spec.sidecars?.some(({ volumeMounts }) => mounts(volumeMounts)) === true) return false;
  return spec.steps.every(({ volumeMounts }, index) => !mounts(volumeMounts) || isFaked(spec, index, fakeOf));
}

/** Where the documents of a run have what it runs. */
export interface Origin {
  /** `Pipeline/deliver`, `PipelineRun/deliver-`, `TaskRun/x`: the object with the embedded Tasks. */
  readonly root: string;
  readonly pipeline: LocalPipeline['spec'];
}

/** Where in the Task of a PipelineTask a problem of a document is; undefined if it is somewhere else. */
export function insideOf(
  { path }: LocalProblem,
  { root, pipeline }: Origin,
  task: string,
  { taskName }: FoundTask,
): string | undefined {
  const [own = '', inside = ''] = path.split(' > ');
  if (taskName !== '' && own === `Task/${taskName}`) return inside;
  if (own !== root) return undefined;
  if (root.startsWith('TaskRun/')) return inside;
  const [, list, number, rest] = /(?:^|\.)(tasks|finally)\[(\d+)\]\.taskSpec\.(.*)$/u.exec(inside) ?? [];
  const owner = pipeline[list === 'finally' ? 'finally' : 'tasks']?.[Number(number)];
  return owner?.name === task ? rest : undefined;
}
