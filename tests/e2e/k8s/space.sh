# shellcheck shell=bash
# To source, by scripts that use the real cluster: where it is (77 without one), our program as an image in its registry, a namespace with a
# volume. Wants $here and $mlopsctl; gives $kubectl and KUBECONFIG.
run=$("$here/../cluster/cluster.sh" where) || { echo "skipped: no cluster is up (make cluster-up)" >&2; exit 77; }
export KUBECONFIG=$run/admin.kubeconfig
kubectl=$run/../bin/kubectl
push_image() { "$here/../cluster/images/mlopsctl.sh" "$mlopsctl" "http://$(sed -n 's#.*https://\(.*\):6443.*#\1#p' "$KUBECONFIG" | tr -d '"'):5000" >/dev/null; }
# make_space NAME CLAIM MODE FOLDER: a namespace that admits restricted pods, with a claim on that folder of the nodes.
make_space() {
  "$kubectl" create -f - >/dev/null <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $1, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: $1}
spec: {capacity: {storage: 1Gi}, accessModes: [$3], storageClassName: "", persistentVolumeReclaimPolicy: Retain, hostPath: {path: $4}, claimRef: {namespace: $1, name: $2}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $2, namespace: $1}
spec: {accessModes: [$3], storageClassName: "", volumeName: $1, resources: {requests: {storage: 1Gi}}}
YAML
}
drop_space() {
  "$kubectl" delete namespace "$1" --wait=false >/dev/null 2>&1
  "$kubectl" delete pv "$1" --wait=false >/dev/null 2>&1
}
