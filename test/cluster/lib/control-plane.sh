# shellcheck shell=bash
# etcd, API server, controller manager and scheduler, as plain processes.

start_control_plane() {
  local bin=$cache/cluster-bin pki=$run/pki
  mkdir -p "$pki"
  [ -s "$pki/sa.key" ] || { openssl genrsa -out "$pki/sa.key.part" 2048 2>/dev/null && mv "$pki/sa.key.part" "$pki/sa.key"; }
  echo 'rig-token,admin,admin,system:masters' >"$pki/tokens.csv"
  write_kubeconfig
  # A test's data need not survive a power cut: without fsync every write is several times faster on a slow disk.
  start etcd etcd --data-dir "$run/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
  wait_for_program etcd 30 etcd in_ns bash -c 'exec 3<>/dev/tcp/127.0.0.1/2379'
  start kube-apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range=10.96.0.0/16 \
    --cert-dir="$pki/apiserver" --secure-port=6443 --advertise-address="$node_address" --bind-address=0.0.0.0 \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/sa.key" --service-account-signing-key-file="$pki/sa.key" \
    --token-auth-file="$pki/tokens.csv" --authorization-mode=Node,RBAC --allow-privileged=true --kubelet-preferred-address-types=InternalIP
  wait_for_program kube-apiserver 90 'the API server' kubectl get --raw /readyz
  start kube-controller-manager "$bin/kube-controller-manager" --kubeconfig="$rig/kubeconfig" --service-account-private-key-file="$pki/sa.key" \
    --root-ca-file="$pki/apiserver/apiserver.crt" --leader-elect=false --use-service-account-credentials
  start kube-scheduler "$bin/kube-scheduler" --kubeconfig="$rig/kubeconfig" --leader-elect=false
}

write_kubeconfig() { # good inside the network namespace only
  cat >"$rig/kubeconfig" <<EOC
apiVersion: v1
kind: Config
clusters: [{name: octopipeline, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: rig-token}}]
contexts: [{name: octopipeline, context: {cluster: octopipeline, user: admin}}]
current-context: octopipeline
EOC
}

kubectl() { in_ns "$cache/cluster-bin/kubectl" --kubeconfig "$rig/kubeconfig" "$@"; }
