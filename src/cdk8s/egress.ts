import { k8s } from 'cdk8s-plus-28';

/**
 * Where clouds serve the credentials and the configuration of nodes and pods: AWS (also EKS Pod Identity), Azure, Google, Oracle, Tencent and
 * others on link-local addresses; Alibaba; Azure's WireServer; AWS and Google over IPv6.
 */
const metadataServices = {
  v4: ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'],
  v6: ['fe80::/10', 'fd00:ec2::/32', 'fd20:ce::/96'],
};

/** Allows all but the metadata services: registries and Git servers have any address and port. Of names, some of those servers are the source. */
export const egressButMetadataServices: k8s.NetworkPolicyEgressRule[] = [
  {
    to: [
      { ipBlock: { cidr: '0.0.0.0/0', except: metadataServices.v4 } },
      { ipBlock: { cidr: '::/0', except: metadataServices.v6 } },
    ],
  },
  {
    to: [...metadataServices.v4, ...metadataServices.v6].map((cidr) => ({ ipBlock: { cidr } })),
    ports: [
      { protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) },
      { protocol: 'TCP', port: k8s.IntOrString.fromNumber(53) },
    ],
  },
];
