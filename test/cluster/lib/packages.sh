# shellcheck shell=bash
# What the cluster needs from the machine: root, Linux, some programs from Debian packages, Go, the project's node_modules.

# PROGRAM PACKAGE. An installed program is used, from any package: Docker's containerd, for example.
needed() {
  cat <<EOC
containerd containerd
runc runc
/usr/lib/cni/bridge containernetworking-plugins
etcd etcd-server
docker-registry docker-registry
iptables iptables
conntrack conntrack
dnsmasq dnsmasq-base
/usr/bin/busybox busybox-static
bwrap bubblewrap
chromium chromium
mmdebstrap mmdebstrap
git git
openssl openssl
/usr/sbin/sshd openssh-server
perl perl-base
ip iproute2
nsenter util-linux
sysctl procps
EOC
}

check_machine() {
  [ "$(uname -sm)" = 'Linux x86_64' ] || die 'the test cluster cannot run here' "it needs Linux on x86_64, this is $(uname -sm)" 'use such a machine; npm test needs no cluster'
  [ "$(id -u)" = 0 ] || die 'the test cluster cannot run here' 'it creates network namespaces, mounts and cgroups, which requires root' 'run it as root, for example in a virtual machine'
  command -v go >/dev/null || die 'the test cluster cannot be built' "'go' is not on the PATH" 'install Go 1.26.5 or newer'
  [ -d "$repo/node_modules/tsx" ] || die 'the test cluster cannot be built' 'node_modules is missing' 'npm ci'
}

# Debian starts the services of a package that it installs; the tests start their own, on loopback only.
start_no_services() {
  local policy=/usr/sbin/policy-rc.d
  [ ! -e $policy ] || return 0
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

install_packages() {
  check_machine
  local program package missing=()
  while read -r program package; do
    command -v "$program" >/dev/null || missing+=("$package")
  done < <(needed)
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "programs are missing: ${missing[*]}" 'apt-get is not on the PATH' 'install them by hand; these are names of Debian packages'
  progress "installing ${missing[*]}"
  # Never removes another package, such as an installed Docker.
  install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove "${missing[@]}"; }
  start_no_services
  install >"$rig/apt.log" 2>&1 || { apt-get update && install; } >"$rig/apt.log" 2>&1 ||
    die "installing packages failed: ${missing[*]}" "$(tail -n 1 "$rig/apt.log")" "see $rig/apt.log"
  note="installed ${missing[*]}"
}

# dockerd and pack, which unit tests use. Never installed: the package would start a service, and replace an installed Docker.
get_docker() {
  go_tool github.com/buildpacks/pack@v0.37.0 github.com/buildpacks/pack/cmd/pack '-X github.com/buildpacks/pack.Version=0.37.0' >/dev/null 2>"$rig/build.log" ||
    die 'building pack failed' "$(tail -n 3 "$rig/build.log" | tr '\n' ' ')" "see $rig/build.log"
  local to=$cache/docker part deb
  if [ -x "$to/usr/sbin/dockerd" ]; then return; fi
  command -v apt-get >/dev/null || die 'dockerd is missing' 'apt-get is not on the PATH' "unpack Debian's docker.io and libdevmapper1.02.1 into $to"
  progress 'downloading docker.io'
  part=$(mktemp -d "$cache/docker.part.XXXXXX")
  # apt-get checks the signatures, and downloads as its own user.
  chmod 755 "$part"
  fetch() { (cd "$part" && apt-get download docker.io libdevmapper1.02.1); }
  if ! { fetch || { apt-get update && fetch; }; } >"$rig/apt.log" 2>&1; then
    rm -rf "$part"
    die 'downloading docker.io failed' "$(tail -n 1 "$rig/apt.log")" "see $rig/apt.log"
  fi
  for deb in "$part"/*.deb; do dpkg-deb --extract "$deb" "$part/root"; done
  mv -T "$part/root" "$to"
  rm -rf "$part"
  note="docker.io in $to"
}
