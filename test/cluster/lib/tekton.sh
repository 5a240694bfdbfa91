# shellcheck shell=bash
# Installs Tekton Pipelines, and its remote resolvers, from the manifests inside its Go module.

install_tekton() {
  [ ! -f "$run/tekton-installed" ] || return 0
  local config
  config=$(go env GOMODCACHE)/github.com/tektoncd/pipeline@$TEKTON/config
  [ -d "$config" ] || (cd / && go mod download "github.com/tektoncd/pipeline@$TEKTON")
  local files=("$config"/100-namespace/*.yaml "$config"/2*.yaml "$config"/300-crds/*.yaml "$config"/500-webhooks.yaml "$config"/clusterrole*.yaml
    "$config"/config-*.yaml "$config"/controller.yaml "$config"/webhook.yaml "$config"/events.yaml "$config"/resolvers/*.yaml)
  for file in "${files[@]}"; do
    cat "$file"
    printf '\n---\n'
  done | sed -E "s#^( *)image: ko://github.com/tektoncd/pipeline/cmd/(controller|webhook|events)#\1image: $tekton_image\n\1command: [\"/ko-app/\2\"]#
      /^ *- (\/sbin\/tini|--)\$/d
      s#ko://github.com/tektoncd/pipeline/cmd/[a-z]+#$tekton_image#
      s#cgr.dev/chainguard/busybox@sha256:[0-9a-f]+#$tekton_image#
      s#\"devel\"#\"$TEKTON\"#
      # With a probe every second instead of every ten, Tekton is ready ten seconds sooner.
      /readinessProbe:/,/periodSeconds:/ s#(initialDelaySeconds|periodSeconds): [0-9]+#\1: 1#" >"$run/tekton.yaml"
  wait_for 120 'the API of Tekton' apply_tekton
  touch "$run/tekton-installed"
  note=installed
}

# Separate from the installation, so that other stages run while Tekton starts.
wait_for_tekton() { wait_for 240 Tekton tekton_ready; }

tekton_ready() {
  local namespace
  for namespace in tekton-pipelines tekton-pipelines-resolvers; do
    kubectl --namespace "$namespace" wait --for=condition=Available deployment --all --timeout=5s || return 1
  done
  # Available does not mean reachable: the API server must reach the webhook through kube-proxy.
  kubectl --namespace default create --dry-run=server -f "$repo/dist/task-git-clone.yaml"
}

# Refused for a short time when an interrupted `up` left the webhook registered but not yet serving.
apply_tekton() {
  # Server-side: the CRDs are larger than the annotation of a client-side apply may be.
  kubectl apply --server-side --force-conflicts -f "$run/tekton.yaml" >"$run/log/tekton-apply.log" 2>&1 &&
    # With this flag the containers that Tekton injects fit Pod Security `restricted`.
    kubectl -n tekton-pipelines patch configmap feature-flags --type merge -p '{"data":{"set-security-context":"true"}}' >>"$run/log/tekton-apply.log" 2>&1
}
