# shellcheck shell=bash
# The namespace with the Services that pods use, `git` and `registry`, and the git server with the sample application as shop.git.

start_sample() {
  serve_repositories
  start git-server "$(command -v node)" --import "file://$repo/node_modules/tsx/dist/esm/index.mjs" \
    "$repo/test/cluster/git-server.ts" "$run/git" "$node_address" 8080
  kubectl apply --server-side --force-conflicts -f - >"$run/log/sample-apply.log" <<EOC
apiVersion: v1
kind: Namespace
metadata:
  name: $sample
  labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/audit: restricted, pod-security.kubernetes.io/warn: restricted}
$(service git 80 8080)
$(service registry 5000 5000)
$(service registry-private 5000 5001)
EOC
  wait_for_program git-server 20 'the git server' in_ns bash -c "exec 3<>/dev/tcp/$node_address/8080"
}

service() { # NAME PORT NODE-PORT: a Service without selector, answered by a process on the node's address
  cat <<EOC
---
apiVersion: v1
kind: Service
metadata: {name: $1, namespace: $sample}
spec:
  ports: [{name: http, port: $2, targetPort: $3}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: $1, namespace: $sample, labels: {kubernetes.io/service-name: $1}}
addressType: IPv4
endpoints: [{addresses: [$node_address]}]
ports: [{name: http, port: $3}]
EOC
}

# shop.git holds examples/sample-app, delivery-shop.git an application whose images serve HTTP, as examples/deliver.yaml needs it.
serve_repositories() {
  mkdir -p "$run/git"
  # The user's git settings must not affect which files are added, or how.
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  serve_repository delivery-shop "$repo/test/cluster/samples/shop" 'A shop that answers'
  serve_repository shop "$repo/examples/sample-app" 'The shop: a web page and its API'
}

# A repository is one commit with fixed names and dates, so that the same files give the same commit everywhere; changed files become
# another commit.
serve_repository() { # NAME DIRECTORY MESSAGE
  local git_dir=$run/git/$1.git tree commit parent=()
  [ -f "$git_dir/HEAD" ] || git init --quiet --bare --initial-branch=main "$git_dir"
  tree=$(
    export GIT_DIR=$git_dir GIT_INDEX_FILE=$run/$1.index GIT_WORK_TREE=$2
    rm -f "$GIT_INDEX_FILE"
    cd "$GIT_WORK_TREE" && git add --all . && git write-tree
  )
  if commit=$(git -C "$git_dir" rev-parse --quiet --verify main); then
    [ "$(git -C "$git_dir" rev-parse 'main^{tree}')" = "$tree" ] && return
    parent=(-p "$commit")
  fi
  commit=$(GIT_AUTHOR_NAME=shop GIT_AUTHOR_EMAIL=shop@example.com GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' \
    GIT_COMMITTER_NAME=shop GIT_COMMITTER_EMAIL=shop@example.com GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' \
    git -C "$git_dir" commit-tree "${parent[@]}" -m "$3" "$tree")
  git -C "$git_dir" update-ref refs/heads/main "$commit"
  note="$1.git main is ${commit:0:12}"
}
