# shellcheck shell=bash
# Builds the images of the project and pushes them to registry A under the names on ghcr.io that dist/ uses.

push_octopipeline_image() {
  local references reference log=$run/log/image-build.log
  : >"$log"
  # OCTOPIPELINE_OP_BUNDLE is an existing bundle of op; without it the image gets op from this working tree.
  references=$("$repo/image/build" ${OCTOPIPELINE_OP_BUNDLE:+--op "$OCTOPIPELINE_OP_BUNDLE"} 2> >(tell_builds "$log" >&2)) ||
    die 'building the images failed' "$(grep -v '^building' "$log" | tail -n 3 | tr '\n' ' ')" "see $log"
  ! grep -q '^building' "$log" || progressed=1
  note=$(sed -n 's/.*octopipeline:.*@//p' <<<"$references")
  ! grep -q '^warning: ' "$log" || note="$note (not the locked one, see $log)"
  for reference in $references; do push_built "$reference"; done
}

push_built() { # ghcr.io/octopilot/NAME:VERSION@DIGEST
  local tagged=${1%@*} digest=${1#*@} as layout
  layout=${tagged##*/} layout=$cache/image/layout/${layout%:*}
  [ "$(crane digest "$registry_a/${tagged#*/}")" != "$digest" ] || return 0
  crane push "$layout" "$registry_a/${tagged#*/}" >/dev/null ||
    die "pushing $tagged failed" "$(tail -n 1 "$run/log/crane.log")" "see $run/log/crane.log"
  # The first pod with this image would wait for the pull, and a pod that names it by tag would get the previous one. buildkitd has only one pod.
  [[ $tagged == */octopipeline:* ]] || return 0
  for as in "$tagged" "$tagged@$digest"; do
    in_ns ctr --address "$run/containerd.sock" --namespace k8s.io images pull --hosts-dir "$run/certs.d" "$as" >>"$run/log/crane.log" 2>&1 || true
  done
}

tell_builds() { # LOG: logs everything, shows the lines about long builds
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    case $line in building*) progress "$line" ;; esac
  done
}
