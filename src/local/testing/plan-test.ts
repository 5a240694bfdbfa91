import { inputError } from '../../op/kit/errors/op-error.js';
import type { WireParamSpec, WireValue } from '../../tekton/wire/task.js';
import { describeTarget, type Wanted } from '../commands/describe-target.js';
import { findTarget, type Target } from '../commands/find-target.js';
import { type MadePlan, planRun, refused } from '../commands/plan-run.js';
import type { FakeOf, LocalProblem, ParamValues } from '../contract.js';
import { readDocuments } from '../documents/read.js';
import type { FoundTask } from '../pipeline-run/run-plan.js';
import { createFinder } from '../remote/find.js';
import { missingObjects } from '../runs/object-files.js';
import { thisMachine } from '../task-run/host-image.js';
import { isFaked, refusals } from '../task-run/refusals.js';
import type { Binding } from '../workspaces/binding.js';
import { type Fakes, fakesOf, strayFakes } from './fakes.js';
import type { Input } from './input.js';
import { insideOf, isOfFakes, mayBeSetAside, type Origin } from './set-aside.js';

interface Given extends Fakes {
  readonly name?: string | undefined;
  readonly params: Readonly<Record<string, WireValue | undefined>>;
  readonly bindings: readonly Binding[];
  /** Whether there is an op for steps of octopipeline's image that are not faked. */
  readonly hasOp: boolean;
}

/** Plans a run of which some steps are faked. @throws OpError (input) with everything that is wrong */
export async function planTest({ texts, from }: Input, given: Given): Promise<MadePlan> {
  const setAside: LocalProblem[] = [];
  const documents = readDocuments(texts, (problem) => {
    const may = mayBeSetAside(problem);
    if (may) setAside.push(problem);
    return may;
  });
  const target = findTarget(documents, given.name, from);
  const said = new Set<string>();
  const finder = createFinder(documents, undefined, (text) => said.add(text));
  const wanted = await describeTarget(target, finder, { prefix: undefined, params: () => Promise.resolve({}) });
  const origin = originOf(target, wanted);
  const made = await planRun(documents, target, wanted, finder, {
    params: checkedParams(given.params, wanted.declared),
    bindings: given.bindings,
    labels: {},
    timeouts: {},
    ownImages: false,
    hostImages: [],
    store: undefined,
    problemsOf: (task, found, files) => {
      const fakeOf = fakesOf(task, given);
      const read = setAside.flatMap((problem) => {
        const path = insideOf(problem, origin, task, found);
        return path === undefined ? [] : [{ ...problem, path }];
      });
      // The environment of a faked step is made: it needs its ConfigMaps and Secrets.
      const variables = /^spec\.steps\[\d+\]\.env/u;
      return [
        ...[...read, ...refusals(found.spec, { fakeOf })].filter((one) => !isOfFakes(one.path, found.spec, fakeOf)),
        ...missingObjects(found.spec, files).filter(
          ({ path }) => variables.test(path) || !isOfFakes(path, found.spec, fakeOf),
        ),
        ...(given.hasOp ? [] : withoutOp(found, fakeOf)),
      ].map((problem) => ({ ...problem, hint: hintOf(problem, task, found) }));
    },
  });
  const stray = strayFakes(given, made.plan.tasks);
  if (stray.length > 0) throw refused(stray);
  return { ...made, notes: [...made.notes, ...said] };
}

function originOf(target: Target, { pipeline, pipelineName }: Wanted): Origin {
  const name = 'run' in target ? (target.run.metadata.name ?? target.run.metadata.generateName ?? '') : '';
  const root = pipelineName === '' ? `${target.kind}/${name}` : `Pipeline/${pipelineName}`;
  return { root, pipeline: pipeline.spec };
}

/** @throws OpError (input) for a param that is not declared, or is of another type */
function checkedParams(given: Given['params'], declared: readonly WireParamSpec[]): ParamValues {
  const values: Record<string, WireValue> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const type = typeof value === 'string' ? 'string' : Array.isArray(value) ? 'array' : 'object';
    const spec = declared.find((one) => one.name === name);
    if (spec?.type === type) values[name] = value;
    else {
      throw inputError({
        what: spec === undefined ? `there is no param ${name}` : `the param ${name} is of the type ${type}`,
        why:
          spec === undefined
            ? `its params are ${declared.map((one) => one.name).join(', ') || 'none'}`
            : `it is declared as ${spec.type}`,
        hint: 'give params that are declared, each with a value of its type',
      });
    }
  }
  return values;
}

const withoutOp = ({ spec }: FoundTask, fakeOf: FakeOf): readonly LocalProblem[] =>
  spec.steps.flatMap(({ image = spec.stepTemplate?.image ?? '' }, index) => {
    if (thisMachine()(image)?.entrypoint?.[0] !== 'op' || isFaked(spec, index, fakeOf)) return [];
    return [{ path: `spec.steps[${index}].image`, what: 'it runs op, which is not built here', hint: '' }];
  });

/** What to do about a step that this machine cannot run. */
function hintOf({ path, hint }: LocalProblem, task: string, { spec }: FoundTask): string {
  const [, number] = /^spec\.steps\[(\d+)\]\.(?:image|command|securityContext)/u.exec(path) ?? [];
  const step = spec.steps[Number(number)];
  if (number === undefined || step === undefined) return hint;
  const image = step.image ?? spec.stepTemplate?.image ?? '';
  return `say what it does: steps: { '${task}/${step.name ?? `unnamed-${number}`}': … } or images: { '${image}': … }`;
}
