#!/usr/bin/env bash
# `mlopsctl diff --live` and `mlopsctl deploy` on the real cluster, as a user types them; kubectl agrees with what they say.
# usage: tests/e2e/k8s/cli.sh MLOPSCTL     while the cluster is up; 77 when it is not
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mlopsctl=$(realpath "$1")
run=$("$here/../cluster/cluster.sh" where) || { echo "skipped: no cluster is up (make cluster-up)" >&2; exit 77; }
export KUBECONFIG=$run/admin.kubeconfig
kubectl=$run/../bin/kubectl
space=cli-$$
work=$(mktemp -d)
trap '"$kubectl" delete namespace "$space" --wait=false >/dev/null 2>&1; rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $*" >&2; [ ! -s out ] || sed 's/^/  stdout: /' out >&2; [ ! -s err ] || sed 's/^/  stderr: /' err >&2; exit 1; }
# expect CODE ARGUMENTS...: of mlopsctl; what it said is in out and err.
expect() {
  local code=0 wanted=$1
  shift
  "$mlopsctl" "$@" >out 2>err </dev/null || code=$?
  [ $code -eq "$wanted" ] || fail "mlopsctl $* ended with $code, expected $wanted"
}
says() { grep -qF -- "$2" "$1" || fail "expected in std$1: $2"; }
web() { # IMAGE [ENV]
  cat <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $space}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: $space}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: web, image: "$1", env: [${2:-}], readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}}]
YAML
}

web registry.test/web:v1 >web.yaml
expect 1 diff --live --manifests web.yaml
says out "+ Namespace $space"
says out "+ Deployment $space/web"
expect 0 deploy --dry-run --manifests web.yaml
expect 0 deploy --manifests web.yaml
says out "deployed 2 objects, 2 of them new or changed; all pods are available after"
says err "created Deployment $space/web"
expect 0 diff --live --manifests web.yaml
says out "the cluster has all of it already: nothing would change"
"$kubectl" diff --server-side --field-manager=mlopsctl -f web.yaml >kubectl.diff || fail "kubectl sees a difference: $(cat kubectl.diff)"
"$mlopsctl" diff --live --manifests - <web.yaml >out 2>err || fail "from standard input"
expect 0 deploy --json --manifests web.yaml
jq -e '.changed == false and .ready == true and (.objects | length) == 2 and all(.objects[]; .did == "unchanged") and .seconds > 0' out >/dev/null || fail "--json"
[ ! -s err ] || fail "--json says something on stderr"

# What stands in the way is told, with the last words of what fails; what ran before still runs.
web registry.test/nowhere:v1 >web.yaml
expect 1 diff --live --json --manifests web.yaml
jq -e '.objects[1] | .would == "change" and .changes == [{path: ".spec.template.spec.containers[web].image", before: "registry.test/web:v1", after: "registry.test/nowhere:v1"}]' out >/dev/null || fail "diff --json"
expect 5 deploy --timeout 3 --manifests web.yaml
says err "the image registry.test/nowhere:v1 cannot be pulled"
says err "error: Deployment $space/web is not ready after 3 s"
web registry.test/web:v2 '{name: EXIT, value: "7"}' >web.yaml
expect 5 deploy --timeout 4 --manifests web.yaml
says err "ended with exit code 7"
says err "web: told to end with code 7"
[ "$("$kubectl" -n "$space" get deployment web -o jsonpath='{.status.availableReplicas}')" = 2 ] || fail "the pods of before are gone"
web registry.test/web:v2 >web.yaml
expect 0 deploy --manifests web.yaml

# Somebody without rights changes nothing and learns which ones are missing.
expect 4 deploy --kubeconfig "$run/dev.kubeconfig" --manifests web.yaml
says err "you may not patch deployments in $space"
says err "hint: ask for a Role that allows it"
web registry.test/web:v1 >web.yaml
expect 1 deploy --dry-run --kubeconfig "$run/dev.kubeconfig" --manifests web.yaml
! grep -q "nothing would change" out || fail "nothing was compared, and that is told as no change"
web registry.test/web:v2 >web.yaml
expect 2 deploy --manifests /dev/null
expect 2 deploy --manifests -
says err "there are no manifests on standard input"
# A field of somebody else's is theirs until it is taken.
"$kubectl" -n "$space" scale deployment web --replicas=3 >/dev/null
expect 1 deploy --dry-run --manifests web.yaml
says out ".spec.replicas belongs to kubectl"
expect 4 deploy --manifests web.yaml
says err "hint: leave the field out of the manifest, or take it over: --force-conflicts"
expect 0 deploy --force-conflicts --manifests web.yaml
[ "$("$kubectl" -n "$space" get deployment web -o jsonpath='{.spec.replicas}')" = 2 ] || fail "the field was not taken over"
echo "ok: diff and deploy say what kubectl says, and why not"
