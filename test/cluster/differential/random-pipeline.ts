import fc from 'fast-check';
import { type Fields, is, isNot, type PipelineCase, pipelineRun, result, task } from './pipeline-case.js';

/** How a generated task ends. */
const behaviours = {
  makes: `echo "$(context.task.retry-count) $(params.given)"; printf '%s' "$(params.given)x" > $(results.r.path)`,
  makesNothing: 'echo nothing',
  fails: 'echo bad; exit 3',
  flaky: `printf late > $(results.r.path); [ $(context.task.retry-count) = 1 ]`,
} as const;
type Behaviour = keyof typeof behaviours;

/** What ties a task to one before it; `index` counts modulo how many there are. */
const edge = fc.record({
  index: fc.nat(9),
  how: fc.constantFrom('none', 'after', 'after', 'param', 'param', 'when', 'notWhen'),
});
type Edge = { readonly index: number; readonly how: string };

const plan = fc.record({
  behaviour: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Behaviour>('makes') },
    fc.constant<Behaviour>('makesNothing'),
    fc.constant<Behaviour>('fails'),
    fc.constant<Behaviour>('flaky'),
  ),
  edges: fc.array(edge, { maxLength: 2 }),
  guard: fc.constantFrom(undefined, undefined, undefined, undefined, 'main', 'other'),
  retries: fc.boolean(),
  ignored: fc.boolean(),
});
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

const run = fc.record({
  tasks: fc.array(plan, { minLength: 2, maxLength: 4 }),
  last: fc.array(fc.record({ index: fc.nat(9), how: fc.constantFrom('status', 'reason', 'param', 'when') }), {
    maxLength: 1,
  }),
  results: fc.boolean(),
});

const nameOf = (index: number) => `t${index}`;

/** It ends others, or its missing result does: what runs at the same time may or may not have started by then, so nothing does. */
const stopsOthers = ({ behaviour }: Plan) => behaviour === 'fails' || behaviour === 'makesNothing';

function before(plans: readonly Plan[], index: number): readonly string[] {
  const own = plans[index];
  const earlier = plans.slice(0, index);
  const waits = own !== undefined && stopsOthers(own) ? earlier : earlier.filter(stopsOthers);
  return earlier.flatMap((one, at) => (waits.includes(one) ? [nameOf(at)] : []));
}

function generatedTask(plans: readonly Plan[], index: number): Fields {
  const own = plans[index];
  if (own === undefined) throw new Error(`there is no task ${index}`);
  const { behaviour, edges, guard, retries, ignored } = own;
  const ties: readonly Edge[] = index === 0 ? [] : edges.map((one) => ({ ...one, index: one.index % index }));
  const of = (...how: readonly string[]) => ties.filter((one) => how.includes(one.how));
  const conditions = [
    ...(guard === undefined ? [] : [is('$(params.branch)', guard)]),
    ...of('when').map((one) => is(result(nameOf(one.index), 'r'), 'mainx', 'late')),
    ...of('notWhen').map((one) => isNot(result(nameOf(one.index), 'r'), 'mainx')),
  ];
  const afters = [...new Set([...of('after').map((one) => nameOf(one.index)), ...before(plans, index)])];
  const [given] = of('param');
  const tried = behaviour === 'flaky' || (retries && behaviour === 'fails' && !ignored);
  return task(nameOf(index), behaviours[behaviour], {
    params: { given: given === undefined ? '$(params.branch)' : result(nameOf(given.index), 'r') },
    results: { r: 'string' },
    more: {
      ...(conditions.length > 0 && { when: conditions }),
      ...(afters.length > 0 && { runAfter: afters }),
      ...(tried && { retries: 1 }),
      ...(behaviour === 'fails' && ignored && { onError: 'continue' }),
    },
  });
}

function generated(
  name: string,
  { tasks, last, results }: typeof run extends fc.Arbitrary<infer Value> ? Value : never,
): PipelineCase {
  const ends = last.map(({ index, how }) => {
    const of = nameOf(index % tasks.length);
    const seen = {
      status: `$(tasks.status) $(tasks.${of}.status)`,
      reason: `[$(tasks.${of}.reason)]`,
      param: result(of, 'r'),
      when: '',
    }[how];
    return task('last', 'echo "$(params.seen)"', {
      params: { seen },
      more: how === 'when' ? { when: [is(`$(tasks.${of}.status)`, 'Succeeded', 'None')] } : {},
    });
  });
  return pipelineRun(name, {
    params: [{ name: 'branch', type: 'string', default: 'main' }],
    tasks: tasks.map((_, index) => generatedTask(tasks, index)),
    ...(ends.length > 0 && { finally: ends }),
    ...(results && { results: [{ name: 'r', value: result(nameOf(tasks.length - 1), 'r') }] }),
  });
}

/** Small Pipelines made at random, the same for the same seed. */
export const randomCases = (count: number, seed: number): readonly PipelineCase[] =>
  fc.sample(run, { numRuns: count, seed }).map((one, index) => generated(`random-${index}`, one));
