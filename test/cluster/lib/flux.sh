# shellcheck shell=bash
# Flux: its CRDs from its Go modules, and its controllers as processes in the cluster's network namespace. They are cluster
# administrators, as in a released Flux; a HelmRelease or Kustomization with a serviceAccountName is applied as that account.

install_flux() {
  local controller
  if [ ! -f "$run/flux-installed" ]; then
    for controller in source:$SOURCE_CONTROLLER helm:$HELM_CONTROLLER kustomize:$KUSTOMIZE_CONTROLLER; do
      crds "github.com/fluxcd/${controller%:*}-controller@${controller#*:}"
    done >"$run/flux.yaml"
    printf -- '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n' "$flux" >>"$run/flux.yaml"
    kubectl apply --server-side --force-conflicts -f "$run/flux.yaml" >"$run/log/flux-apply.log" 2>&1
    touch "$run/flux-installed"
  fi
  # A controller exits at once when discovery does not list what it watches, and the API server lists a CRD some time after it was applied.
  wait_for 120 'the API of Flux' flux_is_served
  # Sources use the same names of registries and repositories as pods.
  printf 'nameserver %s\nsearch svc.cluster.local cluster.local\n' "$node_address" >"$run/flux-resolv.conf"
  mkdir -p "$run/flux-artifacts" "$run/flux-tmp"
  start_controller source-controller 19440 --storage-path="$run/flux-artifacts" --storage-addr="$node_address:19430" --storage-adv-addr="$node_address:19430"
  start_controller helm-controller 19441
  start_controller kustomize-controller 19442
}

# Every CRD, not one of each group: helm-controller also watches kinds of source-controller, and discovery lists them one by one.
flux_is_served() {
  local crd expected served
  mapfile -t expected < <(sed -n 's/^  name: \(.*\.toolkit\.fluxcd\.io\)$/\1/p' "$run/flux.yaml")
  [ ${#expected[@]} -gt 0 ] || return 1
  kubectl wait --for=condition=Established --timeout=1s "${expected[@]/#/crd/}" || return 1
  served=$(kubectl api-resources --cached=false --output=name) || return 1
  for crd in "${expected[@]}"; do
    grep -qxF "$crd" <<<"$served" || return 1
  done
}

crds() { # MODULE@VERSION
  local module file
  module=$(go env GOMODCACHE)/$1
  [ -d "$module" ] || (cd / && go mod download "$1")
  for file in "$module"/config/crd/bases/*.yaml; do
    printf -- '---\n'
    cat "$file"
  done
}

# In its own mount namespace, whose resolv.conf names the cluster's DNS. Many workers, because a failing release, as in some tests,
# blocks a worker until its timeout.
start_controller() { # NAME HEALTH-PORT FLAGS...
  local controller=$1 port=$2
  shift 2
  start "$controller" env KUBECONFIG="$rig/kubeconfig" RUNTIME_NAMESPACE="$flux" TMPDIR="$run/flux-tmp" unshare --mount \
    bash -c 'mount --bind "$0" "$(realpath /etc/resolv.conf)" && exec "$@"' "$run/flux-resolv.conf" \
    "$cache/cluster-bin/$controller" --concurrent=16 --enable-leader-election=false --events-addr= --metrics-addr=0 --health-addr="$node_address:$port" "$@"
}

# Separate from the installation, so that other stages run while the controllers start.
wait_for_flux() {
  local controller
  for controller in source-controller:19440 helm-controller:19441 kustomize-controller:19442; do
    wait_for_program "${controller%:*}" 60 Flux \
      in_ns bash -c "exec 3<>/dev/tcp/$node_address/${controller#*:}; printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3; grep -q ' 200 ' <&3"
  done
}
