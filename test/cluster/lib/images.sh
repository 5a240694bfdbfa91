# shellcheck shell=bash
# Pushes the cluster's own images to registry A: pause, busybox, and one for all of Tekton. No daemon and no outside registry:
# plain directories, packed and pushed by crane.

crane() { in_ns "$cache/cluster-bin/crane" "$@" 2>>"$run/log/crane.log"; }

push_cluster_images() {
  if crane digest "$registry_a/rig/done:$TEKTON" >/dev/null; then
    note='already pushed'
    return
  fi
  local layers
  layers=$cache/cluster-images/$(readlink "$cache"/cluster-bin/ko-app/* | cat - /usr/bin/busybox | cksum | cut -d' ' -f1)
  pack_layers "$layers"
  # One image serves every image flag of Tekton: it has the /ko-app binaries, a shell, and nop as its entrypoint. Its user is not root,
  # as in the released images: with set-security-context on, Tekton requires runAsNonRoot for the containers it injects.
  push_image rig/busybox:1 "$layers/busybox.tar.gz" --user 65532 --cmd /bin/sh --env PATH=/bin
  push_image rig/pause:1 "$layers/busybox.tar.gz" --entrypoint /bin/sleep,2147483647 --env PATH=/bin
  push_image "rig/tekton:$TEKTON" "$layers/busybox.tar.gz,$layers/tekton.tar.gz" --user 65532 --entrypoint /ko-app/nop --env PATH=/bin:/ko-app
  push_image "rig/done:$TEKTON" "$layers/busybox.tar.gz" --user 65532
  note=pushed
}

pack_layers() { # DIRECTORY
  [ ! -f "$1/tekton.tar.gz" ] || return 0
  local root=$run/layer program
  rm -rf "$root"
  mkdir -p "$root"/{bin,ko-app,tmp,etc} "$1"
  chmod 1777 "$root/tmp"
  cp /usr/bin/busybox "$root/bin/busybox"
  for program in $(/usr/bin/busybox --list); do [ -e "$root/bin/$program" ] || ln -s busybox "$root/bin/$program"; done
  cp -L "$cache"/cluster-bin/ko-app/* "$root/ko-app/"
  printf 'root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n' >"$root/etc/passwd"
  pack() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$root" -c "${@:2}" | gzip -n -1 >"$1.part" && mv "$1.part" "$1"; }
  pack "$1/busybox.tar.gz" bin etc tmp
  pack "$1/tekton.tar.gz" ko-app
  rm -rf "$root"
}

push_image() { # NAME LAYERS MUTATIONS...
  local ref=$registry_a/$1 layers=$2
  shift 2
  crane append --oci-empty-base -f "$layers" -t "$ref" >/dev/null
  crane mutate --set-platform linux/amd64 "$@" -t "$ref" "$ref" >/dev/null
}
