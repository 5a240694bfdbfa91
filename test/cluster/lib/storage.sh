# shellcheck shell=bash
# Volumes for volumeClaimTemplate: prepared PersistentVolumes of type `local`, on which the kubelet honours fsGroup as on real ones.
# A volume whose claim is deleted is Released; renewing wipes its directory and makes it available again.

make_volumes() {
  local i
  {
    cat <<EOC
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
EOC
    for ((i = 1; i <= volumes; i++)); do
      mkdir -p "$run/volumes/$i"
      volume "$i"
    done
  } >"$run/volumes.yaml"
  if [ "$(kubectl get pv -o name | wc -l)" -lt "$volumes" ]; then
    kubectl apply --server-side --force-conflicts -f "$run/volumes.yaml" >"$run/log/volumes-apply.log"
  fi
  renew_volumes
  # Each volume serves one claim; a claim without a free volume would stay Pending without an error.
  start volume-renewer bash -c 'while "$0" --follow; do sleep 0.2; done' "$here/renew-volumes"
}

# Renews each volume when its claim is deleted, until the watch ends: the API server ends it after a while.
follow_volumes() {
  local phase
  while read -r phase; do
    [ "$phase" != Released ] || renew_volumes
  done < <(kubectl get pv --watch --output 'jsonpath={.status.phase}{"\n"}')
}

volume() { # NUMBER
  cat <<EOC
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume-$1}
spec:
  capacity: {storage: 10Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: local
  local: {path: $run/volumes/$1}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node]}]}]}}
EOC
}

# One at a time, and only volumes that still name their claim: a volume that is already available again must not be wiped.
renew_volumes() {
  local number claim renewed=0
  exec 7>"$run/volumes.lock"
  flock 7
  while read -r number claim; do
    [ -n "$claim" ] || continue
    rm -rf "$run/volumes/$number"
    mkdir -p "$run/volumes/$number"
    kubectl patch pv "volume-$number" --type merge -p '{"spec":{"claimRef":null}}' </dev/null >/dev/null
    renewed=$((renewed + 1))
  done < <(kubectl get pv -o jsonpath='{range .items[?(@.status.phase=="Released")]}{.metadata.name}{" "}{.spec.claimRef.uid}{"\n"}{end}' | sed -n 's/^volume-//p')
  exec 7>&-
  [ $renewed = 0 ] || note="$renewed renewed"
}
