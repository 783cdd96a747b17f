#!/usr/bin/env bash
# `mlopsctl serve` beside FastAPI + uvicorn with the same work, airline tweets one a request, wrk on loopback and on the same cores: an encoder beside
# transformers.pipeline with the very same weights, a linear model beside scikit-learn's. One connection for latency, 64 for throughput, in turns.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/airline
model=$bench_dir/../models/all-MiniLM-L6-v2
command -v wrk >/dev/null || { echo "not measured: wrk is not installed" >&2; exit 0; }
[ -e "$data/train.csv" ] || { echo "not measured: $data is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-8}
export BODIES=$work/bodies
python3 - "$data/test.csv" >"$BODIES" <<'PY'
import csv, json, sys
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8", newline="")):
    print(json.dumps({"text": row["text"]}))
PY

# A linear model, and a MiniLM that has seen a few hundred tweets: speed does not ask how right it is.
cat >"$work/pipeline.yaml" <<YAML
apiVersion: mlopsctl/v1
name: serving
seed: 1
inputs:
  train: {path: "$data/train.csv", text: text, label: airline_sentiment}
stages:
  words:
    kind: preprocess
    inputs: [train]
    steps: []
  few:
    kind: preprocess
    inputs: [train]
    steps: []
    sample: {rows: 600}
  linear: {kind: train, inputs: [words], model: {type: logistic, ngrams: [1, 2], weighting: tfidf}}
  encoder:
    kind: train
    inputs: [few]
    model: {type: bert, base: "$model", max_tokens: 128, pooling: cls}
    optimizer: {epochs: 1}
YAML
wanted=(linear)
if [ -e "$build/mlopsctl_torch.so" ]; then
  [ -e "$model" ] || cmake -P "$bench_dir/../.ci/base-model.cmake" >&2
  [ ! -e "$model" ] || wanted+=(encoder)
fi
"$mlopsctl" -C "$work" run --report no "${wanted[@]}" >/dev/null

declare -A rates halves tails starts peaks
port=$((20000 + RANDOM % 20000))
# up NAME COMMAND...: starts it, waits until /health says yes, says in `server` which process it is.
up() {
  local name=$1 begin
  shift
  begin=$(date +%s%N)
  "$@" >"$work/$name.log" 2>&1 &
  server=$!
  until curl -fs -o "$work/health" "http://127.0.0.1:$port/health" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { tail -n 5 "$work/$name.log" >&2; exit 1; }
  done
  starts[$name]+=" $((($(date +%s%N) - begin) / 1000000))"
}
# loaded CONNECTIONS SECONDS: sets rate (a second), half and tail (p50 and p99, ms), errors.
loaded() {
  read -r rate half tail errors < <(wrk -t1 -c"$1" -d"$2s" --timeout 30s -s "$bench_dir/serving/post.lua" "http://127.0.0.1:$port" | sed -n 's/^MEASURED //p')
}
# load NAME CONNECTIONS: measures and keeps.
load() {
  loaded "$2" "$seconds"
  [ "$errors" = 0 ] || { echo "$1 with $2 connections: $errors requests failed" >&2; exit 1; }
  rates[$1-$2]+=" $rate" halves[$1-$2]+=" $half" tails[$1-$2]+=" $tail"
}
# round NAME COMMAND...: one life of a server.
round() {
  local name=$1
  up "$@"
  loaded 4 2  # warm
  load "$name" 1
  load "$name" 64
  peaks[$name]+=" $(awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status")"
  kill "$server"
  wait "$server" || true
  port=$((port + 1))
}
middle() { tr ' ' '\n' <<<"${1# }" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# compare OURS PEER WORDS RATE_AT_LEAST TAIL_AT_MOST LONE_AT_MOST START_MS
compare() {
  local name
  for name in "$2" "$1"; do
    result "$name: 64 connections" "$(middle "${rates[$name-64]}")" req/s info "" "raw${rates[$name-64]}; p50 $(middle "${halves[$name-64]}") p99 $(middle "${tails[$name-64]}") ms"
    result "$name: 1 connection, p50" "$(middle "${halves[$name-1]}")" ms info "" "raw${halves[$name-1]}; p99 $(middle "${tails[$name-1]}") ms"
    result "$name: start to ready" "$(middle "${starts[$name]}")" ms info "" "raw${starts[$name]}; peak memory $(middle "${peaks[$name]}") MiB"
  done
  result "$3: requests/s at 64 connections, ours / FastAPI" "$(calculate "$(middle "${rates[$1-64]}") / $(middle "${rates[$2-64]}")")" x at_least "$4" "medians of $rounds lives in turns"
  result "$3: p99 at 64 connections, ours / FastAPI" "$(calculate "$(middle "${tails[$1-64]}") / $(middle "${tails[$2-64]}")")" x at_most "$5" ""
  result "$3: p50 of a lone request, ours / FastAPI" "$(calculate "$(middle "${halves[$1-1]}") / $(middle "${halves[$2-1]}")")" x at_most "$6" ""
  result "$3: peak memory, ours / FastAPI" "$(calculate "$(middle "${peaks[$1]}") / $(middle "${peaks[$2]}")")" x at_most 0.5 ""
  result "$3: start to ready" "$(middle "${starts[$1]}")" ms at_most 1000 "FastAPI $(middle "${starts[$2]}") ms"
}

# ours STAGE: `serve` of the model that the stage made.
ours() { exec "$mlopsctl" -C "$work" serve --model "$1" --api imdb-api --port "$port"; }
if peers learning; then
  "$python/python" "$bench_dir/peers/serve_fastapi.py" fit "$data/train.csv" "$work/model.joblib"
  for ((i = 0; i < rounds; ++i)); do
    round scikit-learn "$python/python" "$bench_dir/peers/serve_fastapi.py" scikit-learn "$work/model.joblib" "$port"
    round "linear, ours" ours linear
  done
  compare "linear, ours" scikit-learn "linear model" 25 0.2 0.6
else
  echo "not measured beside scikit-learn, which cannot be installed" >&2
fi
if [ "${#wanted[@]}" = 2 ] && peers encoders; then
  folder=$("$mlopsctl" -C "$work" model show encoder --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["path"])')
  for ((i = 0; i < rounds; ++i)); do
    round transformers "$python/python" "$bench_dir/peers/serve_fastapi.py" transformers "$folder" "$port"
    round "encoder, ours" ours encoder
  done
  compare "encoder, ours" transformers "encoder" 7 0.2 0.6
fi
