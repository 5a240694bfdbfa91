import { comparable, type Ended, type Outcome } from './outcome.js';
import type { Fields, PipelineCase } from './pipeline-case.js';

/** Why no task was started, on Tekton or locally. */
export function refusalOf(outcome: Outcome): string | undefined {
  if ('refused' in outcome) return outcome.refused;
  const { run, taskRuns } = outcome;
  const [condition] = run.status?.conditions ?? [];
  const pods = (run.kind === 'TaskRun' ? [run] : taskRuns).filter(({ status }) => status?.podName);
  const started = pods.length > 0 || (taskRuns.length > 1 && run.kind !== 'TaskRun');
  const skipped = run.status?.skippedTasks !== undefined;
  return started || skipped || condition?.status !== 'False' ? undefined : `${condition.reason}: ${condition.message}`;
}

/** Both outcomes as they are to be compared: what is said to differ is checked here, and left out. */
export function compare(
  { differs = {} }: PipelineCase,
  tekton: Outcome,
  op: Outcome,
): { readonly tekton: unknown; readonly op: unknown } {
  const never = [tekton, op].map((one) => refusalOf(one) !== undefined);
  if (never.every(Boolean)) return { tekton: 'refused', op: 'refused' };
  if (differs[''] !== undefined && never[0] !== never[1]) return { tekton: differs[''], op: differs[''] };
  if ('refused' in tekton || 'refused' in op) return { tekton: shown(tekton), op: shown(op) };
  const sides = [comparable(tekton), comparable(withLogsOf(op, tekton))] as const;
  const same = Object.keys(differs).filter(
    (path) => JSON.stringify(at(sides[0], path)) === JSON.stringify(at(sides[1], path)),
  );
  if (same.length > 0) throw new Error(`no longer different, so no longer to be listed: ${same.join(', ')}`);
  const [first, second] = sides.map((side) =>
    Object.keys(differs).reduce((left, path) => without(left, path.split('/')), side),
  );
  return { tekton: first, op: second };
}

const shown = (outcome: Outcome) => ('refused' in outcome ? outcome : comparable(outcome));

/** A cluster has no logs of a pod that is deleted. */
function withLogsOf(own: Ended, other: Ended): Ended {
  return {
    ...own,
    logs: Object.fromEntries(Object.entries(own.logs).filter(([name]) => other.logs[name] !== undefined)),
  };
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const at = (fields: unknown, path: string): unknown =>
  path.split('/').reduce((value: unknown, key) => (isObject(value) ? value[key] : undefined), fields);

function without(fields: Fields, [key = '', ...rest]: readonly string[]): Fields {
  const { [key]: value, ...others } = fields;
  return rest.length === 0 || !isObject(value) ? others : { ...others, [key]: without(value, rest) };
}
