#!/usr/bin/env bash
# A user's way: a pipeline makes a model, three pods of `mlopsctl serve` answer with it on the real cluster, and better ones take over by every
# strategy while requests keep coming: none of them fails. Then back, and a promotion that is killed and ended from another home and folder.
# usage: tests/e2e/k8s/promote.sh MLOPSCTL STEADY_REQUESTS     while the cluster is up; 77 when it is not
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mlopsctl=$(realpath "$1") steady=$(realpath "$2")
# shellcheck source=tests/e2e/k8s/space.sh
source "$here/space.sh"
space=promote-$$
work=$(mktemp -d)
chmod 755 "$work"
mkdir -m 755 "$work/models" "$work/project"
trap 'drop_space "$space"; rm -rf "$work"' EXIT
cd "$work/project"
fail() { echo "FAILED: $*" >&2; [ ! -s "$work/out" ] || sed 's/^/  stdout: /' "$work/out" >&2; [ ! -s "$work/err" ] || sed 's/^/  stderr: /' "$work/err" >&2; "$kubectl" -n "$space" get deployments,pods >&2 || true; exit 1; }
expect() {
  local code=0 wanted=$1
  shift
  "$mlopsctl" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ $code -eq "$wanted" ] || fail "mlopsctl $* ended with $code, expected $wanted"
}
says() { grep -qF -- "$2" "$work/$1" || fail "expected in std$1: $2"; }

push_image
make_space "$space" models ReadOnlyMany "$work/models"
"$mlopsctl" init >/dev/null 2>&1
cat >cluster.yaml <<YAML
stages:
  release:
    target:
      kubernetes: {namespace: $space, create_namespace: false, replicas: 3, image: "registry.test/mlopsctl:test",
        gates: {watch: 2s}, resources: {requests: {cpu: 20m, memory: 64Mi}}}
YAML
flags=()
# A model with that c, on the volume under that name; the flags of its release.
make_model() {
  flags=(-f pipeline.yaml -f cluster.yaml --set "stages.fit.model.c=$1"
    --set "stages.release.target.kubernetes.model={from: volume-claim, claim: models, path: c$1}" "${@:2}")
  "$mlopsctl" run "${flags[@]}" --report no >/dev/null 2>"$work/err" || fail "no model"
  cp -rL "$("$mlopsctl" model show feedback --json | jq -r .path)" "$work/models/c$1"
  chmod -R a+rX "$work/models"
}
served() { "$kubectl" -n "$space" get deployment feedback -o jsonpath='{.spec.template.metadata.annotations.mlopsctl/model}'; }
model() { "$mlopsctl" model show feedback --json | jq -r .digest; }

make_model 4
expect 0 deploy "${flags[@]}"
first=$(model)
[ "$(served)" = "$first" ] || fail "another model is served"
address=$("$kubectl" -n "$space" get service feedback -o jsonpath='{.spec.clusterIP}')
until curl -sf -m 5 "http://$address/v2/health/ready" >/dev/null; do sleep 0.1; done
mkfifo "$work/stop"
"$steady" "$address" 80 '{"inputs": ["I love it", "it never works"]}' <"$work/stop" >"$work/requests" &
requests=$!
exec 7>"$work/stop"

c=5
for strategy in rolling blue-green '{canary: [33, 67, 100]}'; do
  make_model $c --set "stages.release.target.kubernetes.strategy=$strategy"
  expect 0 promote feedback "${flags[@]}"
  says out "feedback serves $(model | cut -c1-19)"
  [ "$(served)" = "$(model)" ] || fail "another model is served"
  expect 0 diff --live "${flags[@]}"
  c=$((c + 1))
done
says out "the cluster has all of it already"

expect 0 rollback feedback --namespace "$space" --to "$first"
[ "$(served)" = "$first" ] || fail "it did not go back"
expect 0 rollout history feedback --namespace "$space" --json
jq -e --arg first "$first" '[.promotions[].strategy] == ["rolling", "canary", "blue-green", "rolling"] and .promotions[0].to == $first
  and all(.promotions[1:][]; .record | length > 0) and all(.promotions[]; .outcome == "promoted" and (.who | length) > 0)' "$work/out" >/dev/null || fail "history"

# Killed in the middle; somebody else, elsewhere, sees it and ends it.
# From manifests that name no strategy: the flag does.
make_model 9 --set stages.release.target.kubernetes.gates.watch=5m
expect 0 render "${flags[@]}" --output "$work/manifests"
sed -i '/mlopsctl\/strategy/d' "$work"/manifests/*
"$mlopsctl" promote feedback --manifests "$work/manifests" --strategy canary:33 >/dev/null 2>"$work/driver" </dev/null &
driver=$!
under_way() { until grep -qF "2 old pods" "$work/driver"; do kill -0 $driver || fail "the promotion ended"; sleep 0.1; done; }
under_way
mkdir "$work/elsewhere"
cd "$work/elsewhere"
export HOME=$work/elsewhere

# Paused by somebody else while it is driven, and a third one looks on; then taken up again.
"$mlopsctl" rollout watch feedback --namespace "$space" --json >"$work/watched" 2>/dev/null </dev/null &
watcher=$!
until [ -s "$work/watched" ]; do kill -0 $watcher || fail "nothing was watched"; sleep 0.1; done
expect 0 rollout pause feedback --namespace "$space"
says out "canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones); paused by "
code=0; wait $driver || code=$?
[ $code -eq 5 ] || fail "the driver ended with $code, expected 5"
code=0; wait $watcher || code=$?
[ $code -eq 5 ] || fail "who looked on ended with $code, expected 5"
jq -se '.[0].type == "rollout" and .[0].at_work and .[-1].type == "ended" and .[-1].rollout.paused and any(.type == "pods")' "$work/watched" >/dev/null || fail "watched: $(cat "$work/watched")"
expect 0 rollout status feedback --namespace "$space"
says out "nobody is at work on it"
"$mlopsctl" rollout resume feedback --namespace "$space" >/dev/null 2>"$work/driver" </dev/null &
driver=$!
disown
under_way
expect 0 rollout status feedback --namespace "$space"
says out "canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones); begun by "
says out "at work, or dead: "
expect 4 rollout abort feedback --namespace "$space"
says err "who is at work"
kill -9 $driver
expect 0 rollout abort feedback --namespace "$space"
says out "undone, feedback is as before: aborted by "
[ "$(served)" = "$first" ] || fail "it is not as before"
expect 2 rollout resume feedback --namespace "$space"
says err "no promotion of Deployment $space/feedback is under way"

until [ "$("$kubectl" -n "$space" get pods -o name | wc -l)" -le 3 ]; do sleep 0.2; done
exec 7>&-
wait $requests
jq -e '.failed == 0 and .sent >= 60000' "$work/requests" >/dev/null || fail "requests: $(cat "$work/requests")"
echo "ok: $(cat "$work/requests")"
