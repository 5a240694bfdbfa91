# shellcheck shell=bash
# Builds the cluster's programs from their Go modules into the cache; later calls find them there.
# Cold on two cores: Kubernetes 4 min, Tekton 2 min, tkn 1 min, Flux 6 min, helm 2 min.

# Compiles in three quarters of the time what then runs slower: for programs that have little to do in the tests.
fast='all=-N -l -dwarf=false'

go_tool() { "$repo/image/go-tool" "$@"; }

build_binaries() {
  local bin=$cache/cluster-bin c v=k8s.io/component-base/version built=0
  mkdir -p "$bin/ko-app"
  # Tekton refuses an API server that does not report its version.
  local k8s="-X $v.gitVersion=$KUBERNETES -X $v.gitMajor=1 -X $v.gitMinor=34 -X $v.gitTreeState=clean"
  for c in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
    link "$bin/$c" "k8s.io/kubernetes@$KUBERNETES" "k8s.io/kubernetes/cmd/$c" "$k8s"
  done
  for c in controller webhook events resolvers entrypoint nop workingdirinit sidecarlogresults; do
    link "$bin/ko-app/$c" "github.com/tektoncd/pipeline@$TEKTON" "github.com/tektoncd/pipeline/cmd/$c" ''
  done
  link "$bin/tkn" "github.com/tektoncd/cli@$TKN" github.com/tektoncd/cli/cmd/tkn "-X github.com/tektoncd/cli/pkg/cmd/version.clientVersion=${TKN#v}" "$fast"
  link "$bin/crane" "github.com/google/go-containerregistry@$CRANE" github.com/google/go-containerregistry/cmd/crane "-X github.com/google/go-containerregistry/cmd/crane/cmd.Version=$CRANE"
  link "$bin/helm" "helm.sh/helm/v3@$HELM" helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=$HELM"
  # Tests look with it at what op has copied.
  link "$bin/regctl" "github.com/regclient/regclient@$REGCTL" github.com/regclient/regclient/cmd/regctl "-X github.com/regclient/regclient/internal/version.vcsTag=$REGCTL"
  [ -n "${with_flux-1}" ] || {
    [ $built = 0 ] || note="$built new, kept in $cache"
    return 0
  }
  for c in source:$SOURCE_CONTROLLER helm:$HELM_CONTROLLER kustomize:$KUSTOMIZE_CONTROLLER; do
    link "$bin/${c%:*}-controller" "github.com/fluxcd/${c%:*}-controller@${c#*:}" "github.com/fluxcd/${c%:*}-controller" '' "$fast"
  done
  [ $built = 0 ] || note="$built new, kept in $cache"
}

link() { # LINK MODULE@VERSION PACKAGE LDFLAGS [GCFLAGS]
  local binary before
  before=$(readlink "$1" || true)
  case $before in
    *"/${2//\//_}-"*) ;;
    *) progress "building ${3##*/} ($2)" ;;
  esac
  binary=$(go_tool "$2" "$3" "$4" '' "${5:-}" 2>"$rig/build.log") || die "building $3 ($2) failed" "$(tail -n 3 "$rig/build.log" | tr '\n' ' ')" "see $rig/build.log"
  [ "$before" = "$binary" ] || built=$((built + 1))
  ln -sfn "$binary" "$1"
}
