# shellcheck shell=bash
# Registry A (anonymous, port 5000) and registry B (basic auth, port 5001), both plain HTTP, in the cluster's network namespace.
# Pods reach them at the node's address, containerd and the wrappers at localhost too.

start_registries() {
  registry_config a 5000 '' >"$run/registry-a.yml"
  registry_config b 5001 "auth: {htpasswd: {realm: registry-b, path: $run/htpasswd}}" >"$run/registry-b.yml"
  # robot / robot-password: a test's credential, of no use elsewhere.
  # shellcheck disable=SC2016
  perl -e 'print "robot:", crypt("robot-password", "\$2b\$05\$octopipelineTestClusteeO"), "\n"' >"$run/htpasswd"
  start registry-a docker-registry serve "$run/registry-a.yml"
  start registry-b docker-registry serve "$run/registry-b.yml"
  wait_for_program registry-a 20 'registry A' in_ns bash -c 'exec 3<>/dev/tcp/127.0.0.1/5000'
  wait_for_program registry-b 20 'registry B' in_ns bash -c 'exec 3<>/dev/tcp/127.0.0.1/5001'
}

registry_config() { # NAME PORT AUTH
  cat <<EOC
version: 0.1
storage: {filesystem: {rootdirectory: $run/registry-$1}, delete: {enabled: true}}
http: {addr: "0.0.0.0:$2"}
log: {level: warn}
$3
EOC
}
