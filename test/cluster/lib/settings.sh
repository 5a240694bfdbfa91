# shellcheck shell=bash
# What all parts of the test cluster share: versions, paths, addresses, and progress messages.
# Sourced by up, down and the wrappers; sets variables and functions only.
# shellcheck disable=SC2034 # the variables are read by the files that source this one

KUBERNETES=v1.34.4
TEKTON=v1.15.0
TKN=v0.46.0
CRANE=v0.22.1
HELM=v3.22.0
REGCTL=v0.11.7
# Flux 2: its controllers are released together, each with its own version.
SOURCE_CONTROLLER=v1.9.1
HELM_CONTROLLER=v1.6.4
KUSTOMIZE_CONTROLLER=v1.9.5

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
rig=$(realpath -m "${OCTOPIPELINE_RIG:-$repo/.rig}")
run=$rig/run # state of the running cluster: removed by down
cache=${XDG_CACHE_HOME:-$HOME/.cache}/octopipeline
# Two checkouts can each have a cluster: every machine-wide name contains the checksum of the work directory.
name=octopipeline-$(printf %s "$rig" | cksum | cut -d' ' -f1)
cgroup_root=$name

node_address=172.30.0.1
dns_address=10.96.0.10
registry_a=localhost:5000  # anonymous
registry_b=localhost:5001  # basic auth: robot / robot-password
sample=octopipeline-sample # namespace of the Services that pods use
flux='flux-system' # namespace of Flux
tekton_image=$registry_a/rig/tekton:$TEKTON
volumes=60

die() { # WHAT WHY DO
  printf 'error: %s\n  why: %s\n  do: %s\n' "$1" "$2" "$3" >&2
  exit 4
}
stage() { # NAME FUNCTION: a progress line with seconds; the function may report more with `progress`, and its outcome in $note
  local begin=$EPOCHREALTIME
  note='' progressed=
  printf '%-12s' "$1"
  "$2"
  [ -z "$progressed" ] || printf '\n%-12s' "$1"
  awk -v a="$begin" -v b="$EPOCHREALTIME" -v n="${note:-ready}" 'BEGIN { printf "%6.1f s  %s\n", b - a, n }'
}
progress() {
  progressed=1
  printf '\n  %s' "$*"
}
lock() { # one up or down at a time; waits for the children of a killed one, such as a Go build
  exec 8>"$rig/lock"
  flock -n 8 && return
  echo 'waiting for another up or down of this cluster'
  flock -w 1800 8 || die 'the test cluster is being started or stopped' "another up or down holds $rig/lock" 'wait for it'
}
in_ns() { nsenter --net="/run/netns/$name" "$@"; }
check_place() {
  case $rig in
    *[[:space:]]*) die 'the test cluster cannot work here' "the path $rig contains a space" 'set OCTOPIPELINE_RIG to another directory' ;;
  esac
  # Paths of sockets have at most 107 bytes.
  [ ${#rig} -le 80 ] || die 'the test cluster cannot work here' "the path $rig is longer than 80 bytes" 'set OCTOPIPELINE_RIG to a shorter one'
}
# Where things are, for the TypeScript side of the tests (rig.ts).
write_places() {
  cat >"$rig/rig.json.part" <<EOC
{
  "network": "/run/netns/$name",
  "kubeconfig": "$rig/kubeconfig",
  "programs": "$cache/cluster-bin",
  "repositories": "$run/git",
  "state": "$run",
  "volumes": $volumes
}
EOC
  mv "$rig/rig.json.part" "$rig/rig.json"
}
wait_for() { # SECONDS WHAT COMMAND...
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || die "$what did not come up in time" 'see the logs' "look into $run/log ($rig/log after test/cluster/down), then run test/cluster/down and up again"
    sleep 0.2
  done
}
