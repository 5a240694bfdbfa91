import type { Assessment } from './assess.js';
import { type WorkloadJudgement, whyEmpty } from './judge-workload.js';
import { describeExpected, type ExpectedImage } from './match-image.js';

/** An image that workloads use, and that no pod was seen to run. */
export interface ImageWithoutPods {
  readonly expected: ExpectedImage;
  /** `no pod runs api (…): Deployment api is scaled to zero` */
  readonly why: string;
  readonly hint: string;
}

/**
 * The images that the pods of other images must not prove: each needs a pod of its own that was compared. An image that only CronJobs use
 * may wait for its next run, which a suspended CronJob does not have.
 */
export function imagesWithoutPods({
  requirements,
  workloads,
}: Pick<Assessment, 'requirements' | 'workloads'>): readonly ImageWithoutPods[] {
  return requirements.expected.flatMap((expected) => {
    const users = workloads.filter(({ images }) => images.includes(expected));
    const [first] = users;
    if (first === undefined || isProven(users)) return [];
    const found = users.map((one) => `${one.workload.kind} ${one.workload.name} ${whyEmpty(one.workload)}`);
    return [{ expected, why: `no pod runs ${describeExpected(expected)}: ${found.join(', ')}`, hint: hintFor(users) }];
  });
}

function isProven(users: readonly WorkloadJudgement[]): boolean {
  if (users.some(({ compared }) => compared > 0)) return true;
  return users.every(({ workload }) => workload.kind === 'CronJob') && users.some(({ workload }) => !workload.paused);
}

const otherwise = 'or accept it with --allow-unused';

function hintFor(users: readonly WorkloadJudgement[]): string {
  const scalable = users.find(({ workload }) => workload.kind !== 'CronJob');
  if (scalable !== undefined) return `scale it up and run this command again, ${otherwise}`;
  const { name = '', namespace = '' } = users[0]?.workload ?? {};
  const once = `kubectl create job ${name}-once --from=cronjob/${name} --namespace=${namespace}`;
  return `run it once (${once}) and run this command again, ${otherwise}`;
}
