#!/usr/bin/env bash
# A node crashes in the middle of a prediction and of a retraining: both go on on the other node, and end as if nothing had happened: no row
# is lost, none stands there twice, one model is made.
# usage: tests/e2e/k8s/jobs_crash.sh MLOPSCTL TWEETS     while the cluster is up, and nobody else uses it; 77 when it is not, or without tweets
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/k8s/jobs_lib.sh
source "$here/jobs_lib.sh"
cluster=$here/../cluster/cluster.sh
node_is() { [ "$("$kubectl" get node "$1" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = "$2" ]; }
# within SECONDS WHAT COMMAND...: until it succeeds.
within() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || fail "not in time: $what"; sleep 0.1; done
}
mend() {
  "$kubectl" taint node node-1 node.kubernetes.io/out-of-service- >/dev/null 2>&1 || true
  "$kubectl" uncordon node-2 >/dev/null 2>&1 || true
  node_is node-1 True || { "$cluster" start-node 1; within 60 "node-1 is back" node_is node-1 True; }
  clean_up
}
trap mend EXIT

starts 0 retrain
# Rows for half a minute, for a tenth of a processor.
{ cat "$volume/new.csv"; for _ in $(seq 250); do tail -n +2 "$volume/new.csv"; done; } >"$volume/new.csv.all"
mv "$volume/new.csv.all" "$volume/new.csv"
label_more
slow=(--set stages.release.target.kubernetes.resources.limits.cpu=100m)

"$kubectl" cordon node-2 >/dev/null
expect 0 schedule apply "${slow[@]}"
expect 0 schedule fire predict --detach
expect 0 job start retrain "${slow[@]}" --detach
job=sentiment140-predict-r1 file=$volume/predictions/test_results_sentiment140-predict-r1.csv
within 30 "the retraining works on node-1" bash -c "'$kubectl' -n $space logs job/sentiment140-retrain-r2 | grep -q started"
within 30 "some rows are predicted" test -s "$file.journal"
# The kubelet tells of a pod that runs a moment after it does.
at_work_on() { [ "$("$kubectl" -n "$space" get pods --field-selector status.phase=Running -o jsonpath='{.items[*].spec.nodeName}')" = "$*" ]; }
within 10 "both are at work on node-1" at_work_on node-1 node-1
"$mlopsctl" -f pipeline.yaml -f cluster.yaml job logs $job --follow >aside.out 2>aside.err </dev/null &
aside=$!
"$cluster" kill-node 1
rows_before=$(wc -l <"$file.partial")
"$kubectl" uncordon node-2 >/dev/null
within 60 "the loss is told" grep -q "node-1 does not answer; the work goes on elsewhere once it is certain that this pod has ended" aside.err
# What the message advises.
"$kubectl" taint node node-1 node.kubernetes.io/out-of-service=:NoExecute >/dev/null
code=0
wait $aside || code=$?
cp aside.err err
cp aside.out out
[ $code -eq 0 ] || fail "the prediction ended with $code"
says err "runs on node-2"
says err "Job $space/$job is done"
same_as_here $job model_sentiment140-retrain-r1  # as it was when the prediction began
expect 0 job logs sentiment140-retrain-r2 --follow
says err "Job $space/sentiment140-retrain-r2 is done"
[ "$("$kubectl" -n "$space" get pods -l batch.kubernetes.io/job-name=sentiment140-retrain-r2 --field-selector status.phase=Succeeded -o jsonpath='{.items[*].spec.nodeName}')" = node-2 ] ||
  fail "the retraining did not go on on node-2"
on_volume model list --json | jq -e '[.models[] | select(.alias == "model_sentiment140-retrain-r2") | .version] == [1]' >/dev/null || fail "not one model of the second retraining"
echo "ok: of $(wc -l <"$file") lines $rows_before were there at the crash, and all are as without it"
