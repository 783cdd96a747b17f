#!/usr/bin/env bash
# What a change of the model costs those who ask meanwhile: an encoder's alias moves ten times at 80 % of the load that the server can bear; every
# request's time counts from when it was due. Needs the base model, and jq.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/airline
model=$bench_dir/../models/all-MiniLM-L6-v2
[ -e "$data/train.csv" ] || { echo "not measured: $data is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
[ -e "$build/mlopsctl_torch.so" ] || { echo "not measured: built without libtorch" >&2; exit 0; }
[ -e "$model" ] || cmake -P "$bench_dir/../.ci/base-model.cmake" >&2
[ -e "$model" ] || { echo "not measured: no base model at $model" >&2; exit 0; }
cat >"$work/pipeline.yaml" <<YAML
apiVersion: mlopsctl/v1
name: swapping
seed: 1
inputs:
  train: {path: "$data/train.csv", text: text, label: airline_sentiment}
stages:
  few: {kind: preprocess, inputs: [train], steps: [], sample: {rows: 600}}
  one: {kind: train, inputs: [few], model: {type: bert, base: "$model", max_tokens: 128, pooling: cls}, optimizer: {epochs: 1}}
  two: {kind: train, inputs: [few], seed: 2, model: {type: bert, base: "$model", max_tokens: 128, pooling: cls}, optimizer: {epochs: 1}}
YAML
"$mlopsctl" -C "$work" run --report no >/dev/null
"$mlopsctl" -C "$work" model alias live one >/dev/null
"$mlopsctl" -C "$work" serve --model live --port 0 >"$work/server.log" 2>&1 &
server=$!
trap 'kill $server; wait $server; rm -rf "$work"' EXIT
until port=$(sed -n 's/.* on port \([0-9]*\).*/\1/p' "$work/server.log" | head -n 1) && [ -n "$port" ]; do kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }; done

# A tweet for each of 16 connections.
python3 - "$data/test.csv" "$work" <<'PY'
import csv, itertools, json, sys
for i, row in enumerate(itertools.islice(csv.DictReader(open(sys.argv[1], encoding="utf-8", newline="")), 16)):
    json.dump({"inputs": row["text"]}, open(f"{sys.argv[2]}/body{i:02}", "w"))
PY
load=("$build/bench_serve_load" "$port" 16)
(sleep 1) | "${load[@]}" 0 "$work"/body* >/dev/null  # warm
bearable=$( (sleep 5) | "${load[@]}" 0 "$work"/body* | jq .rate)
coproc LOAD { "${load[@]}" "$(calculate "$bearable * 0.8")" "$work"/body*; }
answers=${LOAD[0]} orders=${LOAD[1]}
sleep 3
for ((swap = 1; swap <= 10; ++swap)); do
  stage=$([ $((swap % 2)) = 1 ] && echo two || echo one)
  "$mlopsctl" -C "$work" model alias live "$stage" >/dev/null
  echo "swap $("$mlopsctl" -C "$work" model show "$stage" --json | jq -r .digest)" >&"$orders"
  read -rt 30 line <&"$answers" && [ "$line" = seen ] || { echo "swap $swap: the new model did not answer" >&2; exit 1; }
  sleep 1
done
exec {orders}>&-
read -rt 30 line <&"$answers"
value() { jq "$1" <<<"$line"; }
result "load that the server bears, 16 connections" "$bearable" req/s info "" "encoder, airline tweets, one a request"
result "10 swaps at 80 % of it: failed requests" "$(value .failed)" requests at_most 0 "of $(value .answers)"
result "10 swaps at 80 % of it: answers of two models in one" "$(value .mixed)" answers at_most 0 ""
result "p99 while a model is swapped / before and after" "$(calculate "$(value .p99_swap_ms) / $(value .p99_quiet_ms)")" x at_most 2 "$(value .p99_swap_ms) / $(value .p99_quiet_ms) ms; from the change of the alias to the new model's first answer"
