#!/usr/bin/env bash
# `mlopsctl diff --live` and a `mlopsctl deploy` that has nothing to do, beside `kubectl diff` and `kubectl apply`, server-side all of them, on a real
# cluster: a usual release of ten objects, then 500 objects. And the memory of following 5,000 pods.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
cluster=$bench_dir/../tests/e2e/cluster/cluster.sh
config=$("$cluster" borrow) || { echo "not measured: there is no cluster" >&2; exit 0; }
export KUBECONFIG=$config
kubectl=$(dirname "$config")/../bin/kubectl
space=bench-client
cleanup() {
  "$kubectl" delete namespace "$space" --wait=false >/dev/null 2>&1 || true
  "$cluster" give-back
  rm -rf "$work"
}
trap cleanup EXIT
"$kubectl" delete namespace "$space" --ignore-not-found >/dev/null
"$kubectl" create namespace "$space" >/dev/null

config_maps() { # FROM TO
  local i
  for ((i = $1; i < $2; ++i)); do printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-%d, namespace: %s, labels: {app: many}}\ndata: {a: "%d", text: "%s"}\n' "$i" $space "$i" "$(printf 'x%.0s' {1..200})"; done
}
{
  config_maps 0 8
  cat <<YAML
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: $space}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: $space}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: registry.test/web:v1, readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}}]
YAML
} >"$work/release.yaml"
config_maps 100 600 >"$work/many.yaml"

# beside NAME LIMIT|- OURS... -- THEIRS...: both in turns, five times; what they print goes nowhere.
beside() {
  local name=$1 limit=$2 judged=at_least ours=() theirs=() ours_ms=() theirs_ms=() ours_peak=0 theirs_peak=0
  shift 2
  while [ "$1" != -- ]; do ours+=("$1"); shift; done
  shift
  theirs=("$@")
  for _ in 1 2 3 4 5; do
    measure -n 1 -w 0 "${ours[@]}"; ours_ms+=("$median"); ours_peak=$peak
    measure -n 1 -w 0 "${theirs[@]}"; theirs_ms+=("$median"); theirs_peak=$peak
  done
  local our_median their_median
  our_median=$(printf '%s\n' "${ours_ms[@]}" | sort -g | sed -n 3p)
  their_median=$(printf '%s\n' "${theirs_ms[@]}" | sort -g | sed -n 3p)
  result "$name, mlopsctl" "$our_median" ms info "" "median of 5, in turns: ${ours_ms[*]}; peak $ours_peak MiB"
  result "$name, kubectl" "$their_median" ms info "" "median of 5, in turns: ${theirs_ms[*]}; peak $theirs_peak MiB"
  [ "$limit" != - ] || { judged=info limit=; }
  result "$name: kubectl / ours" "$(calculate "$their_median / $our_median")" x "$judged" "$limit" "same run"
  result "$name: memory, kubectl / ours" "$(calculate "$theirs_peak / $ours_peak")" x info "" "same run"
}
quietly() { "$@" >/dev/null 2>&1; }
quietly "$mlopsctl" deploy --manifests "$work/release.yaml"
# kubectl as a field manager of its own would find conflicts: it speaks as we do.
apply=("$kubectl" apply --server-side --field-manager=mlopsctl)
beside "diff of 10 objects, no difference" 3 "$mlopsctl" diff --live --manifests "$work/release.yaml" -- "$kubectl" diff --server-side --field-manager=mlopsctl -f "$work/release.yaml"
beside "deploy of 10 objects, nothing to do" 3 "$mlopsctl" deploy --manifests "$work/release.yaml" -- "${apply[@]}" -f "$work/release.yaml"

measure -n 1 -w 0 "$mlopsctl" deploy --manifests "$work/many.yaml"
result "deploy of 500 new objects" "$median" ms info "" "one run; peak $peak MiB"
"$kubectl" -n $space delete configmaps -l app=many >/dev/null
measure -n 1 -w 0 "${apply[@]}" -f "$work/many.yaml"
result "kubectl apply of 500 new objects" "$median" ms info "" "one run; peak $peak MiB"
beside "deploy of 500 objects, nothing to do" - "$mlopsctl" deploy --manifests "$work/many.yaml" -- "${apply[@]}" -f "$work/many.yaml"

"$build/bench_many_pods" "$KUBECONFIG" $space make 5000
measure -n 3 -w 0 "$build/bench_many_pods" "$KUBECONFIG" $space watch 5000
result "following 5,000 pods" "$median" ms info "" "$(spread 3)"
result "following 5,000 pods, memory" "$peak" MiB at_most 64 "peak of 3 runs; the pods' JSON is $("$build/bench_many_pods" "$KUBECONFIG" $space watch 5000 | sed 's/.*, //')"
