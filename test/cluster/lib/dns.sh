# shellcheck shell=bash
# Cluster DNS: dnsmasq as a process on the node's address, behind the Service that pods use. It knows the names of all Services and nothing
# else. CoreDNS does the same, and takes a hundred seconds to build.

start_dns() {
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
  write_services
  start dns dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --addn-hosts="$run/services" --address=/#/ --cache-size=0 \
    --listen-address="$node_address" --bind-interfaces --user=root --pid-file= --log-facility=-
  start service-names bash -c 'while "$0"; do sleep 0.2; done' "$here/name-services"
}

# A line per Service with an address, as in /etc/hosts. dnsmasq reads it again on SIGHUP; a name that is gone is then forgotten.
write_services() {
  kubectl get services --all-namespaces --output \
    jsonpath='{range .items[?(@.spec.clusterIP)]}{.spec.clusterIP} {.metadata.name}.{.metadata.namespace}.svc.cluster.local{"\n"}{end}' |
    grep -v '^None ' >"$run/services.part"
  mv "$run/services.part" "$run/services"
}

# Rewrites the names at every change of a Service, until the watch ends: the API server ends it after a while.
name_services() {
  local change pid started
  while read -r change; do
    write_services
    read -r pid started <"$run/pids/dns" && kill -HUP "$pid"
  done < <(kubectl get services --all-namespaces --watch --output name)
  : "${change:-}" "${started:-}"
}
