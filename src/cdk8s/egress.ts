import { k8s } from 'cdk8s-plus-28';

/** Where Azure answers nodes: with their configuration and certificates (WireServer, ports 80 and 32526), and with names (port 53). */
const azure = '168.63.129.16/32';

/** Where clouds serve the credentials of the node: AWS, Azure and Google; Alibaba; AWS and Google over IPv6. */
const metadataServices = {
  v4: ['169.254.169.254/32', '100.100.100.200/32', azure],
  v6: ['fd00:ec2::254/128', 'fd20:ce::254/128'],
};

/** Allows all but the metadata services: registries and Git servers have any address and port, and a node's DNS cache has a link-local one. */
export const egressButMetadataServices: k8s.NetworkPolicyEgressRule[] = [
  {
    to: [
      { ipBlock: { cidr: '0.0.0.0/0', except: metadataServices.v4 } },
      { ipBlock: { cidr: '::/0', except: metadataServices.v6 } },
    ],
  },
  {
    to: [{ ipBlock: { cidr: azure } }],
    ports: [
      { protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) },
      { protocol: 'TCP', port: k8s.IntOrString.fromNumber(53) },
    ],
  },
];
