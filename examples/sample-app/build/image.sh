#!/bin/sh
# Makes the image of one service from its directory. Skaffold runs it with IMAGE (the full name) and PUSH_IMAGE (true or false).
# The image depends on nothing but the files: the same commit gives the same digest on every machine.
set -eu
service=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/root/srv"
cp -R "$service/." "$work/root/srv"
chmod -R u=rwX,go=rX,a-st "$work/root" # git keeps no more of a mode than this; a volume may have added its own
tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/layer.tar" srv

if [ "${PUSH_IMAGE:-false}" != true ]; then
  # Skaffold then looks for the image in the Docker daemon.
  crane append --oci-empty-base --new_layer "$work/layer.tar" --new_tag "$IMAGE" --output "$work/image.tar"
  docker load --input "$work/image.tar"
  exit
fi
# Registries without TLS, separated by commas: Skaffold's own variable.
case ",${SKAFFOLD_INSECURE_REGISTRY:-}," in
  *",${IMAGE%%/*},"*) insecure=--insecure ;;
  *) insecure= ;;
esac
# The real tag comes last, on a complete image: a build that is killed on the way leaves nothing that looks done.
layers=$(crane append ${insecure:+"$insecure"} --oci-empty-base --new_layer "$work/layer.tar" --new_tag "${IMAGE%:*}:unfinished")
crane mutate ${insecure:+"$insecure"} --set-platform linux/amd64 --user 65532 --workdir /srv --label "org.opencontainers.image.title=$service" --tag "$IMAGE" "$layers"
