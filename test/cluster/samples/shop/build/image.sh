#!/bin/sh
# Makes the image of one service: its files, served over HTTP by the busybox of the cluster's registry.
set -eu
service=$1
base=${IMAGE%%/*}/rig/busybox:1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/www"
cp -R "$service/." "$work/root/www"
chmod -R u=rwX,go=rX,a-st "$work/root"
tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/layer.tar" www
# The real tag comes last, on a complete image: a build that is killed on the way leaves nothing that looks done.
layers=$(crane append --insecure --base "$base" --new_layer "$work/layer.tar" --new_tag "${IMAGE%:*}:unfinished")
crane mutate --insecure --entrypoint busybox,httpd,-f,-p,8080,-h,/www --tag "$IMAGE" "$layers"
