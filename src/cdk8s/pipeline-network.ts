import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** Which pods a policy is about. */
export interface PipelineNetworkProps {
  /** Name of the Pipeline; Tekton labels its pods with it. */
  readonly pipeline: string;
}

const metadataServices = { v4: '169.254.0.0/16', v6: 'fe80::/10' };

/**
 * What the pods of one Pipeline may reach: nothing connects to them, and they connect to anything but the node's link-local
 * addresses, where clouds serve the credentials of the node. Registries and Git servers stand at any address and port, so egress
 * is not narrowed further here; a platform team that knows its own addresses adds a policy, or sets `networkPolicy: false`.
 */
export class PipelineNetwork extends Construct {
  constructor(scope: Construct, id: string, { pipeline }: PipelineNetworkProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name: `octopipeline-${pipeline}` },
      spec: {
        podSelector: { matchLabels: { 'tekton.dev/pipeline': pipeline } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          {
            to: [
              { ipBlock: { cidr: '0.0.0.0/0', except: [metadataServices.v4] } },
              { ipBlock: { cidr: '::/0', except: [metadataServices.v6] } },
            ],
          },
        ],
      },
    });
  }
}
