import { nearest } from '../../tekton/validate/names.js';
import type { FakeEnd, FakeOf, FakeStep, LocalProblem } from '../contract.js';
import type { FoundTask } from '../pipeline-run/run-plan.js';
import { stepContainer } from '../task-run/pod-paths.js';
import type { Spec } from '../task-run/task-spec.js';

/** What stands for a step: a function, or what it would give each time. */
export type Fake = FakeStep | FakeEnd;

/** What stands for steps, in a test. */
export interface Fakes {
  /** By `TASK/STEP`: the name of the task in the Pipeline (for a Task alone, its own), and that of the step. */
  readonly steps?: Readonly<Record<string, Fake>>;
  /** By image, with or without its tag or digest: for steps that `steps` does not name. */
  readonly images?: Readonly<Record<string, Fake>>;
}

const asFunction =
  (fake: Fake, task: string): FakeStep =>
  (call) =>
    typeof fake === 'function' ? fake({ ...call, task }) : fake;

/** The fakes of one task of the Pipeline. */
export function fakesOf(task: string, { steps = {}, images = {} }: Fakes): FakeOf {
  return ({ name, image }) => {
    const own = fakeAt(steps, `${task}/${name}`) ?? fakeAt(images, image) ?? fakeAt(images, withoutTag(image));
    return own === undefined ? undefined : asFunction(own, task);
  };
}

const fakeAt = (fakes: Readonly<Record<string, Fake>>, key: string) =>
  Object.hasOwn(fakes, key) ? fakes[key] : undefined;

const withoutTag = (image: string) => image.replace(/@.*$/u, '').replace(/:[^/:]*$/u, '');

/** The steps of a Task as the keys of {@link Fakes} name them, each with its image. */
function stepsOf(task: string, { steps, stepTemplate }: Spec) {
  return steps.map((step, index) => ({
    key: `${task}/${stepContainer(step.name, index).replace(/^step-/u, '')}`,
    image: step.image ?? stepTemplate?.image ?? '',
  }));
}

/** Fakes for which there is no step: most likely a name that was changed or mistyped. */
export function strayFakes(
  { steps = {}, images = {} }: Fakes,
  tasks: Readonly<Record<string, FoundTask>>,
): readonly LocalProblem[] {
  const known = Object.entries(tasks).flatMap(([task, { spec }]) => stepsOf(task, spec));
  const keys = known.map(({ key }) => key);
  const used = known.map(({ image }) => image);
  // A variable may become any image.
  const open = used.some((image) => image.includes('$('));
  return [
    ...Object.keys(steps)
      .filter((key) => !keys.includes(key))
      .map((key) => stray('steps', key, 'step', keys)),
    ...Object.keys(images)
      .filter((key) => !open && !used.some((image) => image === key || withoutTag(image) === key))
      .map((key) => stray('images', key, 'step with the image', [...new Set(used)])),
  ];
}

function stray(option: string, key: string, noun: string, known: readonly string[]): LocalProblem {
  const near = nearest(key, known);
  return {
    path: `${option}['${key}']`,
    what: `there is no ${noun} ${key}`,
    hint: near === undefined ? `use one of ${known.join(', ')}` : `did you mean ${near}?`,
  };
}
