# shellcheck shell=bash
# Flux: its CRDs from its Go modules, and its controllers as processes in the cluster's network namespace. They are the cluster's
# administrator, as a released Flux makes them; a HelmRelease or Kustomization with a serviceAccountName is applied as that account.

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
  # A controller exits at once when discovery does not list what it watches, and the API server lists a CRD a while after it was applied.
  wait_for 120 'the API of Flux' flux_is_served
  # Sources name registries and repositories as pods do.
  printf 'nameserver %s\nsearch svc.cluster.local cluster.local\n' "$node_address" >"$run/flux-resolv.conf"
  mkdir -p "$run/flux-artifacts" "$run/flux-tmp"
  start_controller source-controller 19440 --storage-path="$run/flux-artifacts" --storage-addr="$node_address:19430" --storage-adv-addr="$node_address:19430"
  start_controller helm-controller 19441
  start_controller kustomize-controller 19442
}

flux_is_served() {
  local group
  for group in source.toolkit.fluxcd.io helm.toolkit.fluxcd.io kustomize.toolkit.fluxcd.io; do
    kubectl api-resources --cached=false --api-group="$group" --output=name | grep -q . || return 1
  done
  kubectl wait --for=condition=Established --timeout=1s $(kubectl get crd --output=name | grep '\.toolkit\.fluxcd\.io$')
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

# In a mount namespace of its own, whose resolv.conf asks the cluster's DNS. Many at once, because a release that fails, as tests have
# them, keeps a worker waiting until its timeout.
start_controller() { # NAME HEALTH-PORT FLAGS...
  local controller=$1 port=$2
  shift 2
  start "$controller" env KUBECONFIG="$rig/kubeconfig" RUNTIME_NAMESPACE="$flux" TMPDIR="$run/flux-tmp" unshare --mount \
    bash -c 'mount --bind "$0" "$(realpath /etc/resolv.conf)" && exec "$@"' "$run/flux-resolv.conf" \
    "$cache/cluster-bin/$controller" --concurrent=16 --enable-leader-election=false --events-addr= --metrics-addr=0 --health-addr="$node_address:$port" "$@"
}

# Apart from the installation, so that other stages go on while the controllers start.
wait_for_flux() {
  local controller
  for controller in source-controller:19440 helm-controller:19441 kustomize-controller:19442; do
    wait_for_program "${controller%:*}" 60 Flux \
      in_ns bash -c "exec 3<>/dev/tcp/$node_address/${controller#*:}; printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3; grep -q ' 200 ' <&3"
  done
}
