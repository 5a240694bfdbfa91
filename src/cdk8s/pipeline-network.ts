import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { egressButMetadataServices } from './egress.js';

/** The pods that a policy applies to. */
export interface PipelineNetworkProps {
  /** Name of the Pipeline; Tekton labels its pods with it. */
  readonly pipeline: string;
}

/**
 * What the pods of one Pipeline may reach: nothing may connect to them, and they may connect to anything except the metadata
 * services of clouds. Egress is not restricted further here. A platform team that knows its addresses, or whose workload identity comes
 * from the metadata service, sets `networkPolicy: false` and adds its own policy.
 */
export class PipelineNetwork extends Construct {
  constructor(scope: Construct, id: string, { pipeline }: PipelineNetworkProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name: `octopipeline-${pipeline}` },
      spec: {
        podSelector: { matchLabels: { 'tekton.dev/pipeline': pipeline } },
        policyTypes: ['Ingress', 'Egress'],
        egress: egressButMetadataServices,
      },
    });
  }
}
