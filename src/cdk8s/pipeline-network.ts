import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { egressButMetadataServices } from './egress.js';

/** Which pods a policy is about. */
export interface PipelineNetworkProps {
  /** Name of the Pipeline; Tekton labels its pods with it. */
  readonly pipeline: string;
}

/**
 * What the pods of one Pipeline may reach: nothing connects to them, and they connect to anything but the metadata services of
 * clouds. Egress is not narrowed further here. A platform team that knows its addresses, or whose workload identity is served there, sets `networkPolicy: false` and
 * brings its own.
 */
export class PipelineNetwork extends Construct {
  constructor(scope: Construct, id: string, { pipeline }: PipelineNetworkProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name: `octopipeline-${pipeline}` },
      spec: {
        podSelector: { matchLabels: { 'tekton.dev/pipeline': pipeline } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [egressButMetadataServices],
      },
    });
  }
}
