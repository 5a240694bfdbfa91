# shellcheck shell=bash
# containerd, kubelet and kube-proxy: the cluster's one node, called "node". Works on cgroup v1 and v2.

start_node() {
  local bin=$cache/cluster-bin
  make_cgroup
  # The kubelet sets these for the whole machine; down restores them.
  [ -s "$run/sysctls" ] || sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes >"$run/sysctls"
  write_containerd_config
  start containerd containerd --config "$run/containerd.toml"
  wait_for_program containerd 30 containerd test -S "$run/containerd.sock"
  start kube-proxy "$bin/kube-proxy" --kubeconfig="$rig/kubeconfig" --proxy-mode=iptables --cluster-cidr=10.244.0.0/24 \
    --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0 --hostname-override=node
  write_kubelet_config
  mkdir -p "$run/kubelet" "$run/pod-logs"
  : >"$run/resolv.conf"
  start kubelet "$bin/kubelet" --config="$run/kubelet.yaml" --kubeconfig="$rig/kubeconfig" --hostname-override=node --node-ip="$node_address" --root-dir="$run/kubelet"
  wait_for_program kubelet 90 'the node' node_ready
}

node_ready() { kubectl wait --for=condition=Ready node/node --timeout=1s; }

# All pods are in one cgroup of this cluster: `down` finds every process in it, and a second cluster has another.
make_cgroup() {
  local hierarchy
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$cgroup_root"
    # A container's root group contains processes and then cannot enable controllers for its children; the machine's root group can.
    { sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control; } 2>/dev/null ||
      die 'the node cannot be started' 'cgroup controllers cannot be enabled in the root cgroup' 'run it on the machine itself or in a virtual machine, not inside a container'
    return
  fi
  for hierarchy in /sys/fs/cgroup/*/; do
    [ -f "$hierarchy/cgroup.procs" ] || continue
    mkdir -p "$hierarchy/$cgroup_root"
    # A new group in this hierarchy has no processors until some are assigned.
    if [ -f "$hierarchy/cpuset.cpus" ]; then
      cat "$hierarchy/cpuset.cpus" >"$hierarchy/$cgroup_root/cpuset.cpus"
      cat "$hierarchy/cpuset.mems" >"$hierarchy/$cgroup_root/cpuset.mems"
    fi
  done
}

write_containerd_config() {
  mkdir -p "$run/cni"
  cat >"$run/cni/10-bridge.conflist" <<EOC
{"cniVersion": "0.4.0", "name": "octopipeline", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true, "ipam": {
    "type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "$run/cni-ipam"}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOC
  local host
  # dist/ names its image on ghcr.io: here that name, like every name of registry A, resolves to registry A.
  for host in ghcr.io "$node_address:5000" "registry.$sample.svc.cluster.local:5000"; do
    mkdir -p "$run/certs.d/$host"
    printf 'server = "http://%s:5000"\n[host."http://%s:5000"]\n  capabilities = ["pull", "resolve"]\n' "$node_address" "$node_address" >"$run/certs.d/$host/hosts.toml"
  done
  cat >"$run/containerd.toml" <<EOC
version = 2
root = "$run/containerd"
state = "$run/containerd-state"
[grpc]
  address = "$run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$registry_a/rig/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$run/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$run/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
EOC
}

write_kubelet_config() {
  cat >"$run/kubelet.yaml" <<EOC
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
failSwapOn: false
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup_root
podLogsDir: $run/pod-logs
containerRuntimeEndpoint: unix://$run/containerd.sock
resolvConf: $run/resolv.conf
clusterDNS: ["$dns_address"]
clusterDomain: cluster.local
serializeImagePulls: false
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%"}
imageGCHighThresholdPercent: 100
maxPods: 200
EOC
}
