import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { egressButMetadataServices } from './egress.js';

/** The pods that a policy applies to. */
export interface ItemNetworkProps {
  /** Name of the NetworkPolicy. */
  readonly name: string;
  /** A label that they have, with any value. */
  readonly label: string;
}

/** What pods with a label may reach, whatever Task they run: the same as `PipelineNetwork`. */
export class ItemNetwork extends Construct {
  constructor(scope: Construct, id: string, { name, label }: ItemNetworkProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name },
      spec: {
        podSelector: { matchExpressions: [{ key: label, operator: 'Exists' }] },
        policyTypes: ['Ingress', 'Egress'],
        egress: egressButMetadataServices,
      },
    });
  }
}
