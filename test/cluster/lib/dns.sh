# shellcheck shell=bash
# Cluster DNS: coredns as a process on the node's address, behind the Service that pods use.

start_dns() {
  cat >"$run/Corefile" <<EOC
cluster.local:53 in-addr.arpa:53 {
  bind $node_address
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $rig/kubeconfig octopipeline
  }
}
.:53 {
  bind $node_address
  template ANY ANY . {
    rcode NXDOMAIN
  }
}
EOC
  kubectl apply --server-side --force-conflicts -f - >"$run/log/dns-apply.log" <<EOC
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: $dns_address
  ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
endpoints: [{addresses: [$node_address]}]
ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
EOC
  start coredns "$cache/cluster-bin/coredns" -conf "$run/Corefile"
}
