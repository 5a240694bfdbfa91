# shellcheck shell=bash
# The cluster's own network namespace: nothing in it can reach outside this machine, and nothing outside it is touched.

start_network() {
  [ -e "/run/netns/$name" ] || ip netns add "$name"
  in_ns ip link set lo up
  in_ns ip link show node0 >/dev/null 2>&1 || in_ns ip link add node0 type bridge
  in_ns ip -4 addr show dev node0 | grep -q "$node_address/" || in_ns ip addr add "$node_address/24" dev node0
  in_ns ip link set node0 up
  # A default route makes kube-proxy and the kubelet find the node's address; its gateway does not exist.
  in_ns ip route show default | grep -q . || in_ns ip route add default via 172.30.0.254 dev node0
  in_ns sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1
  in_ns sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true # missing when the bridge filter is not loaded; then it is not needed
}
