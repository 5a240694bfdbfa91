import { nodesOf, pipelinesOf, tasksOf } from '../containers.js';
import type { CatalogDocument, Rule, Violation } from '../document.js';
import type { Param, PipelineTask, TaskSpec } from '../objects.js';
import type { CommandFlags } from '../op-help.js';

/** Tekton's default timeout of a TaskRun. */
const defaultTimeout = '1h';

/**
 * Catalog rule 7, the part that YAML shows: a step whose command can wait gets a deadline, and the deadlines of a Task's steps
 * together end before its TaskRun does, with the defaults and with the values of each Pipeline.
 */
export const deadlines =
  (commands: CommandFlags): Rule =>
  (documents) => [
    ...tasksOf(documents).flatMap(({ where, spec }) => [
      ...withoutDeadline(where, spec, commands),
      ...tooLong(where, spec, {}, defaultTimeout),
    ]),
    ...pipelinesOf(documents).flatMap(({ where, spec }) =>
      nodesOf(spec).flatMap(({ path, node }) => {
        const task = node.taskSpec ?? taskNamed(documents, node.taskRef?.name);
        return task === undefined
          ? []
          : tooLong(`${where} > ${path}`, task, given(node, spec.params), node.timeout ?? defaultTimeout);
      }),
    ),
  ];

function withoutDeadline(where: string, { steps }: TaskSpec, commands: CommandFlags): Violation[] {
  return steps.flatMap(({ name = '', args = [] }, index) => {
    const waits = commands.get(args[0] ?? '')?.has('--timeout') === true;
    const told = args.some((argument) => argument.startsWith('--timeout='));
    if (!waits || told) return [];
    return [{ where: `${where} > steps[${index}] ${name}`, message: `op ${args[0]} has no --timeout` }];
  });
}

type Values = Readonly<Record<string, unknown>>;

function tooLong(where: string, { steps, params = [] }: TaskSpec, bound: Values, limit: string): Violation[] {
  const values = { ...defaults(params), ...bound };
  const waits = steps.flatMap(({ args = [] }) =>
    args.flatMap((argument) => (argument.startsWith('--timeout=') ? [resolve(argument.slice(10), values)] : [])),
  );
  const sum = waits.reduce((total, wait) => total + seconds(wait), 0);
  if (Number.isNaN(sum)) return [{ where, message: `a deadline is not a duration: ${waits.join(', ')}` }];
  if (sum < seconds(limit)) return [];
  return [{ where, message: `its steps may wait ${waits.join(' + ')}, not shorter than its ${limit}` }];
}

const defaults = (params: readonly Param[]): Values =>
  Object.fromEntries(params.map(({ name, default: value }) => [name, value]));

/** What a Pipeline passes to one node, its own params at their defaults. */
function given({ params = [] }: PipelineTask, pipelineParams: readonly Param[] = []): Values {
  const values = defaults(pipelineParams);
  return Object.fromEntries(params.map(({ name, value }) => [name, resolve(String(value), values)]));
}

const resolve = (text: string, values: Values) =>
  text.replace(/\$\(params\.([^)]+)\)/gu, (_, name: string) => String(values[name] ?? ''));

/** Seconds of a Go duration of whole units, such as `1h30m`; NaN when it is not one. An empty one is op's own default, 0 here. */
function seconds(duration: string): number {
  if (duration === '') return 0;
  if (!/^(?:\d+(?:h|m|s))+$/u.test(duration)) return Number.NaN;
  const unit = { h: 3600, m: 60, s: 1 };
  return [...duration.matchAll(/(\d+)([hms])/gu)].reduce(
    (total, [, count, name]) => total + Number(count) * (unit[name as keyof typeof unit] ?? 0),
    0,
  );
}

const taskNamed = (documents: readonly CatalogDocument[], name: string | undefined): TaskSpec | undefined => {
  const { steps, ...rest } =
    documents.find(({ object }) => object.kind === 'Task' && object.metadata.name === name)?.object.spec ?? {};
  return steps === undefined ? undefined : { steps, ...rest };
};
