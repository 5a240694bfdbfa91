import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** Which pods a policy is about. */
export interface PipelineNetworkProps {
  /** Name of the Pipeline; Tekton labels its pods with it. */
  readonly pipeline: string;
}

/** Where clouds serve the credentials of the node: AWS, Azure and Google; Alibaba; AWS over IPv6. */
const metadataServices = { v4: ['169.254.169.254/32', '100.100.100.200/32'], v6: ['fd00:ec2::254/128'] };

/**
 * What the pods of one Pipeline may reach: nothing connects to them, and they connect to anything but the metadata services of
 * clouds. Registries and Git servers stand at any address and port, and a node's DNS cache at a link-local one, so egress is not narrowed
 * further here. A platform team that knows its addresses, or whose workload identity is served there, sets `networkPolicy: false` and
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
        egress: [
          {
            to: [
              { ipBlock: { cidr: '0.0.0.0/0', except: metadataServices.v4 } },
              { ipBlock: { cidr: '::/0', except: metadataServices.v6 } },
            ],
          },
        ],
      },
    });
  }
}
