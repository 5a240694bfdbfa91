# shellcheck shell=bash
# What a stopped node leaves on the machine, found by what only this cluster has: its cgroup, its socket, its directory.

kill_pods() {
  local i pids pid
  for i in {1..25}; do
    pids=$(find /sys/fs/cgroup -path "*/$cgroup_root/*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u) || true
    [ -n "$pids" ] || break
    for pid in $pids; do kill -9 "$pid" 2>/dev/null || true; done
    sleep 0.2
  done
  : "$i"
  for pid in $(shims); do kill -9 "$pid" 2>/dev/null || true; done
}

shims() { # containerd's helper processes, one per pod, outlive containerd; their arguments name its socket
  local process words
  for process in /proc/[0-9]*; do
    mapfile -d '' -t words 2>/dev/null <"$process/cmdline" || continue
    [[ ${words[0]:-} == *containerd-shim* && " ${words[*]} " == *" $run/containerd.sock "* ]] && echo "${process##*/}"
  done
  return 0
}

remove_remains() {
  awk -v d="$run/" 'index($2, d) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
  [ ! -e "/run/netns/$name" ] || ip netns del "$name"
  find /sys/fs/cgroup -depth -type d '(' -path "*/$cgroup_root" -o -path "*/$cgroup_root/*" ')' -exec rmdir {} + 2>/dev/null || true
  # The kubelet links every container's log into this folder of the machine.
  find /var/log/containers -type l -lname "$run/*" -delete 2>/dev/null || true
  [ ! -s "$run/sysctls" ] || sysctl -q -p "$run/sysctls"
  # The logs are kept: a failure is often examined after the cluster is gone.
  if [ -d "$run/log" ]; then
    rm -rf "$rig/log"
    mv "$run/log" "$rig/log"
  fi
  rm -rf "$run" "$rig/kubeconfig" "$rig/rig.json"
}
