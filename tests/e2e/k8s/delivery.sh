#!/usr/bin/env bash
# How a model comes to its pods, on the real cluster under Pod Security "restricted": fetched by an init container from a plain web server by its
# digest, where a byte that differs keeps the pods from starting; and as an image of its own, mounted as a volume, where there must be such an image.
# usage: tests/e2e/k8s/delivery.sh MLOPSCTL     while the cluster is up; 77 when it is not
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mlopsctl=$(realpath "$1")
# shellcheck source=tests/e2e/k8s/space.sh
source "$here/space.sh"
# shellcheck source=tests/e2e/cluster/settings.sh
source "$here/../cluster/settings.sh"
# shellcheck source=tests/e2e/cluster/images/layout.sh
source "$here/../cluster/images/layout.sh"
space=delivery-$$
work=$(mktemp -d)
mkdir "$work/web" "$work/project" "$work/images"
trap 'kill $web 2>/dev/null || true; drop_space "$space" || true; rm -rf "$work"' EXIT
cd "$work/project"
fail() { echo "FAILED: $*" >&2; sed 's/^/  /' "$work/out" "$work/err" >&2; exit 1; }
expect() {
  local code=0 wanted=$1
  shift
  "$mlopsctl" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ $code -eq "$wanted" ] || fail "mlopsctl $* ended with $code, expected $wanted"
}
says() { grep -qF -- "$2" "$work/$1" || fail "expected in std$1: $2"; }

touch "$work/served"
python3 -u -m http.server 0 --bind "$network.254" --directory "$work/web" >"$work/served" 2>&1 &
web=$!
until port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/served") && [ -n "$port" ]; do sleep 0.05; done
push_image
"$kubectl" create namespace "$space" >/dev/null
"$kubectl" label namespace "$space" pod-security.kubernetes.io/enforce=restricted >/dev/null
"$mlopsctl" init >/dev/null 2>&1
cat >cluster.yaml <<YAML
stages:
  release:
    target:
      kubernetes: {namespace: $space, create_namespace: false, replicas: 2, image: "registry.test/mlopsctl:test",
        egress: [{cidr: $network.254/32, port: $port}], resources: {requests: {cpu: 20m, memory: 64Mi}},
        model: {from: download, url: "http://$network.254:$port"}}
YAML
flags=(-f pipeline.yaml -f cluster.yaml)
expect 0 run "${flags[@]}" --report no
expect 0 model publish feedback --to "$work/web"
digest=$("$mlopsctl" model show feedback --json | jq -r .digest)
says out "$digest"
expect 0 deploy "${flags[@]}"
address=$("$kubectl" -n "$space" get service feedback -o jsonpath='{.spec.clusterIP}')
until curl -sf -m 5 "http://$address/v2/health/ready" >/dev/null; do sleep 0.1; done
"$kubectl" -n "$space" logs deployment/feedback -c fetch-model >"$work/out" 2>"$work/err"
says out "/model/current now holds ${digest:0:19}"
"$kubectl" -n "$space" describe deployment feedback >"$work/out"
says out "Deployed"

# Another model, of which a byte is not what it was.
flags+=(--set stages.fit.model.c=5 --set stages.release.target.kubernetes.gates.start=10s)
expect 0 run "${flags[@]}" --report no
expect 0 model publish feedback --to "$work/web"
second=$("$mlopsctl" model show feedback --json | jq -r .digest)
[ "$second" != "$digest" ] || fail "it is the same model"
file=$(jq -r '.files | max_by(.size).path' "$work/web/${second#sha256:}.json")
chmod u+w "$work/web/${second#sha256:}/$file"
printf X | dd of="$work/web/${second#sha256:}/$file" bs=1 seek=100 conv=notrunc 2>/dev/null
expect 1 deploy "${flags[@]}"
says err "container fetch-model: ended with exit code"
says err "the bytes have the digest"
says out "undone, feedback is as before: "
curl -sf -m 5 "http://$address/v2/health/ready" >/dev/null || fail "the old model no longer answers"

# The same model as an image of its own.
out=$work/images layout feedback-model 1 "$("$mlopsctl" model show feedback --json | jq -r .path)" '{}'
"$here/../cluster/images/push.sh" "$work/images/feedback-model-1" "http://$api:5000"
image=registry.test/feedback-model@$(jq -r '.manifests[0].digest' "$work/images/feedback-model-1/index.json")
sed -i "s#model: {.*#model: {from: image-volume, reference: \"$image\"}}#" cluster.yaml
expect 0 deploy "${flags[@]}"
"$kubectl" -n "$space" get pods -o json >"$work/out"
jq -e --arg image "$image" '[.items[] | select(.metadata.deletionTimestamp == null)] | length == 2 and all(.spec.volumes[] | select(.name == "model").image.reference == $image) and
  all(.spec | has("initContainers") | not)' "$work/out" >/dev/null || fail "the pods do not have the model as an image volume"
curl -sf -m 5 -D "$work/out" -o /dev/null -H 'Content-Type: application/json' -d '{"inputs": "the crew was lovely"}' "http://$address/"
says out "$second"

# An image that is not there.
sed -i "s#feedback-model@sha256:[0-9a-f]*#feedback-model@sha256:$(printf '0%.0s' {1..64})#" cluster.yaml
expect 1 deploy "${flags[@]}"
says err "the image registry.test/feedback-model@sha256:0000000"
says out "undone, feedback is as before: "
echo "ok"
