# shellcheck shell=bash
# Builds the octopipeline image and pushes it to registry A under the name that dist/ asks of ghcr.io.

push_octopipeline_image() {
  local reference digest log=$run/log/image-build.log
  : >"$log"
  # OCTOPIPELINE_OP_BUNDLE is a bundle of op made elsewhere; without it the image gets op as it is in the tree.
  digest=$("$repo/image/build" ${OCTOPIPELINE_OP_BUNDLE:+--op "$OCTOPIPELINE_OP_BUNDLE"} 2> >(tell_builds "$log" >&2)) ||
    die 'building the octopipeline image failed' "$(grep -v '^building' "$log" | tail -n 3 | tr '\n' ' ')" "see $log"
  ! grep -q '^building' "$log" || progressed=1
  reference=$registry_a/octopilot/octopipeline:$(node -p 'require(process.argv[1]).version' "$repo/package.json")
  note=$digest
  ! grep -q '^warning: ' "$log" || note="$digest (not the locked one, see $log)"
  [ "$(crane digest "$reference")" != "$digest" ] || return 0
  crane push "$cache/image/layout" "$reference" >/dev/null || die "pushing $reference failed" "$(tail -n 1 "$run/log/crane.log")" "see $run/log/crane.log"
  # The first pod that needs the image would wait for it, and one that names it by tag would get the one before.
  local as
  for as in "ghcr.io/${reference#*/}" "ghcr.io/${reference#*/}@$digest"; do
    in_ns ctr --address "$run/containerd.sock" --namespace k8s.io images pull --hosts-dir "$run/certs.d" "$as" >>"$run/log/crane.log" 2>&1 || true
  done
}

tell_builds() { # LOG: keeps everything in it, shows the lines that tell of minutes to wait
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    case $line in building*) progress "$line" ;; esac
  done
}
