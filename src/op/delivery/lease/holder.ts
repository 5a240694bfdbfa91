import * as v from 'valibot';
import { oneLine } from '../../kit/log/printable.js';
import { type Kind, type KubeObject, kinds } from '../../systems/kubernetes/api.js';

/** A run of Tekton that holds a Lease: `pipelinerun/NAMESPACE/NAME/UID` or `taskrun/…`. */
export interface HolderRun {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const runKinds: ReadonlyMap<string, Kind> = new Map([
  ['pipelinerun', kinds.pipelineRun],
  ['taskrun', kinds.taskRun],
]);

/** Undefined for a holder that is no run, such as a person. */
export function parseHolder(holder: string): HolderRun | undefined {
  const [word = '', namespace = '', name = '', uid = '', ...more] = holder.split('/');
  const kind = runKinds.get(word);
  if (kind === undefined || more.length > 0 || [namespace, name, uid].includes('')) return undefined;
  return { kind, namespace, name, uid };
}

/** For a person: `PipelineRun ci/deliver-x7`, or what holds it in its own words. */
export function nameOfHolder(holder: string): string {
  const run = parseHolder(holder);
  return run === undefined ? oneLine(holder) : `${run.kind.kind} ${run.namespace}/${run.name}`;
}

/** What is known of a holder's run; `over` says in words how it is known. */
export type RunState = { readonly is: 'unknown' | 'running' } | { readonly is: 'over'; readonly why: string };

const shape = v.object({
  status: v.object({
    conditions: v.array(v.object({ type: v.string(), status: v.string(), reason: v.optional(v.string(), '') })),
  }),
});

/** Judges a run by what the cluster has under its name. */
export function stateOfRun(run: HolderRun, found: KubeObject | undefined): RunState {
  const name = `its ${run.kind.kind} ${run.namespace}/${run.name}`;
  if (found === undefined) return { is: 'over', why: `${name} is not there any more` };
  if (found.metadata.uid !== run.uid) return { is: 'over', why: `${name} was deleted; another run has its name now` };
  const read = v.safeParse(shape, found);
  const succeeded = read.success ? read.output.status.conditions.find(({ type }) => type === 'Succeeded') : undefined;
  if (succeeded === undefined || succeeded.status === 'Unknown') return { is: 'running' };
  const end = succeeded.status === 'True' ? 'has succeeded' : 'has failed';
  return { is: 'over', why: `${name} ${end} (${oneLine(succeeded.reason)})` };
}
