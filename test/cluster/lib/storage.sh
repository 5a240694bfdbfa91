# shellcheck shell=bash
# Volumes for volumeClaimTemplate: ready-made PersistentVolumes of type `local`, on which the kubelet honours fsGroup as on real ones.
# A volume whose claim is deleted is Released; renewing wipes its directory and offers it again.

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

renew_volumes() {
  local number renewed=0
  for number in $(kubectl get pv -o jsonpath='{range .items[?(@.status.phase=="Released")]}{.metadata.name}{"\n"}{end}' | sed -n 's/^volume-//p'); do
    rm -rf "$run/volumes/$number"
    mkdir -p "$run/volumes/$number"
    kubectl patch pv "volume-$number" --type merge -p '{"spec":{"claimRef":null}}' >/dev/null
    renewed=$((renewed + 1))
  done
  [ $renewed = 0 ] || note="$renewed renewed"
}
