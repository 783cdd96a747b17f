#!/usr/bin/env bash
# Training on a frozen base, with the program and from nothing: ten epochs take hardly longer than one, for the encoder's output is worked
# out once. MiniLM on airline tweets; only pooler and classifier learn.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/airline/Tweets.csv
model=$bench_dir/../models/all-MiniLM-L6-v2
[ -e "$build/mlopsctl_torch.so" ] || { echo "not measured: built without libtorch" >&2; exit 0; }
[ -e "$data" ] || { echo "not measured: $data is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
[ -e "$model" ] || cmake -P "$bench_dir/../.ci/base-model.cmake" >&2
[ -e "$model" ] || { echo "not measured: no base model" >&2; exit 0; }
rounds=${ROUNDS:-3}

# project FOLDER EPOCHS: rows cleaned already, nothing trained yet.
project() {
  mkdir "$1"
  cat >"$1/pipeline.yaml" <<YAML
apiVersion: mlopsctl/v1
name: frozen
seed: 1
inputs:
  tweets: {path: $(realpath "$data"), text: text, label: airline_sentiment}
stages:
  clean:
    kind: preprocess
    inputs: [tweets]
    split: {shares: {train: 0.8, validation: 0.2}}
    checks: {leakage: ignore}
  fit:
    kind: train
    inputs: [clean]
    model: {type: bert, base: $(realpath "$model"), train: pooler+classifier}
    optimizer: {lr: 0.001, epochs: $2}
YAML
  "$mlopsctl" -C "$1" run clean >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

middle() { printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"; }
for ((round = 0; round < rounds; ++round)); do
  for epochs in 1 10; do
    folder=$work/$epochs.$round
    project "$folder" "$epochs"
    measure -n 1 -w 0 -o "$work/log" "$mlopsctl" -C "$folder" run || { cat "$work/log" >&2; exit 1; }
    declare -n wall=wall_$epochs spent=cpu_$epochs
    wall+=("$median") spent+=("$cpu")
  done
done
result "frozen base, pooler and classifier learn: one epoch" "$(middle "${wall_1[@]}")" ms info "" "raw ${wall_1[*]}; CPU ${cpu_1[*]}"
result "frozen base: ten epochs" "$(middle "${wall_10[@]}")" ms info "" "raw ${wall_10[*]}; CPU ${cpu_10[*]}; peak $peak MiB"
result "frozen base: ten epochs / one" "$(calculate "$(middle "${wall_10[@]}") / $(middle "${wall_1[@]}")")" x at_most 1.3 \
  "wall time, medians of $rounds; CPU $(calculate "$(middle "${cpu_10[@]}") / $(middle "${cpu_1[@]}")") x"
