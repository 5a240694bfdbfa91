import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { egressButMetadataServices } from './egress.js';

/** The pods that a policy applies to. */
export interface TaskNetworkProps {
  /** Names of Tasks; Tekton labels the pods of their TaskRuns with them. */
  readonly tasks: readonly string[];
  /**
   * Name of the NetworkPolicy.
   * @default octopipeline-tasks
   */
  readonly name?: string;
}

/** What the pods of Tasks may reach, also when a TaskRun starts them without a Pipeline: the same as `PipelineNetwork`. */
export class TaskNetwork extends Construct {
  constructor(scope: Construct, id: string, { tasks, name = 'octopipeline-tasks' }: TaskNetworkProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name },
      spec: {
        podSelector: { matchExpressions: [{ key: 'tekton.dev/task', operator: 'In', values: [...tasks] }] },
        policyTypes: ['Ingress', 'Egress'],
        egress: egressButMetadataServices,
      },
    });
  }
}
