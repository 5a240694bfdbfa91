import { table } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { formatReference } from '../../systems/registry/reference.js';
import { describeCondition } from '../flux/condition.js';
import { fluxName } from '../flux/flux-object.js';
import { workloadName } from './judge/judge-snapshot.js';
import type { WorkloadJudgement } from './judge/judge-workload.js';
import { digestOfImageId, shortDigests as short } from './judge/match-image.js';
import type { WatchStatus } from './observe/watch-status.js';

/** A table of the image that each container is expected to run, that of its template, and those of its pods. */
export function imageLines(workloads: readonly WorkloadJudgement[]): readonly string[] {
  const rows = workloads.flatMap(({ workload, pods, expectedByContainer }) =>
    workload.containers.flatMap((container) => {
      const expected = expectedByContainer.get(container.name);
      const running = [...pods.newest, ...pods.older].flatMap((pod) => {
        const id = pod.statuses.find(({ name }) => name === container.name)?.imageID ?? '';
        return id === '' ? ['nothing'] : [digestOfImageId(id) ?? id];
      });
      const counts = [...new Set(running)].map((id) => `${running.filter((one) => one === id).length} x ${short(id)}`);
      return [
        [
          `${workload.kind}/${workload.name}`,
          container.name,
          expected === undefined ? '-' : short(formatReference(expected.image)),
          short(container.text),
          counts.join(', ') || 'no pods',
        ],
      ];
    }),
  );
  return rows.length === 0
    ? []
    : table([['WORKLOAD', 'CONTAINER', 'EXPECTED', 'TEMPLATE', 'PODS'], ...rows]).split('\n');
}

/** The conditions of Flux objects, workloads and pods that are not as they should be. */
export function conditionLines({ snapshot, judgement }: WatchStatus): readonly string[] {
  const flux = (snapshot?.flux?.parts ?? []).flatMap(({ object }) =>
    object.conditions
      .filter(
        ({ type, status }) =>
          (type === 'Ready' && status !== 'True') ||
          ((type === 'Stalled' || type === 'Reconciling') && status === 'True'),
      )
      .map((one) => `${fluxName(object)} ${one.type}=${one.status}: ${oneLine(describeCondition(one), 400)}`),
  );
  const workloads = (judgement?.workloads ?? []).flatMap((one) => [
    ...(one.state === 'proven' || one.state === 'idle' ? [] : [`${workloadName(one)}: ${one.why}`]),
    ...one.workload.conditions
      .filter(({ type, status }) => (type === 'ReplicaFailure') === (status === 'True'))
      .map(
        (condition) =>
          `${workloadName(one)} ${condition.type}=${condition.status}: ${oneLine(describeCondition(condition), 400)}`,
      ),
    ...one.pods.newest.flatMap(({ name, conditions }) =>
      conditions
        .filter(({ type, status }) => type === 'PodScheduled' && status === 'False')
        .map((condition) => `Pod ${name} ${oneLine(describeCondition(condition), 300)}`),
    ),
  ]);
  return [...flux, ...workloads];
}
