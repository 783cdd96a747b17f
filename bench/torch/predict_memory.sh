#!/usr/bin/env bash
# `mlopsctl predict` with a fine-tuned MiniLM holds a bounded part of a file: ROWS rows (default 200,000; words of airline tweets) within
# 700 MB, and a tenth of them takes hardly less. ROWS=1000000 is the size that the limit is about; it takes minutes.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/airline/Tweets.csv
model=$bench_dir/../models/all-MiniLM-L6-v2
[ -e "$build/mlopsctl_torch.so" ] || { echo "not measured: built without libtorch" >&2; exit 0; }
[ -e "$data" ] || { echo "not measured: $data is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
[ -e "$model" ] || cmake -P "$bench_dir/../.ci/base-model.cmake" >&2
[ -e "$model" ] || { echo "not measured: no base model" >&2; exit 0; }
rows=${ROWS:-200000}

cat >"$work/pipeline.yaml" <<YAML
apiVersion: mlopsctl/v1
name: scoring
seed: 1
inputs:
  tweets: {path: $(realpath "$data"), text: text, label: airline_sentiment}
stages:
  clean:
    kind: preprocess
    inputs: [tweets]
    split: {shares: {train: 0.05, test: 0.95}}
    checks: {leakage: ignore}
  fit:
    kind: train
    inputs: [clean]
    model: {type: bert, base: $(realpath "$model"), train: pooler+classifier}
    optimizer: {lr: 0.001, epochs: 1}
YAML
"$mlopsctl" -C "$work" run >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

# Three words out of a tweet and a number: every row another text.
grep -aoE '[A-Za-z]{3,}( [A-Za-z]+){2}' "$data" >"$work/phrases"
awk -v rows="$rows" '{ phrase[n++] = $0 } END { print "text"; for (i = 0; i < rows; ++i) print phrase[i % n] " " i }' "$work/phrases" >"$work/most.csv"
head -n $((rows / 10 + 1)) "$work/most.csv" >"$work/tenth.csv"
for file in tenth most; do
  measure -n 1 -w 0 -o "$work/log" "$mlopsctl" -C "$work" predict --model fit --input $file.csv --output $file.out.csv || { cat "$work/log" >&2; exit 1; }
  declare "wall_$file=$median" "peak_$file=$peak"
done
[ "$(wc -l <"$work/most.out.csv")" -eq $((rows + 1)) ] || { echo "rows are missing in the output" >&2; exit 1; }
# shellcheck disable=SC2154 # set above
result "predict, $rows rows with MiniLM: peak memory" "$peak_most" MiB at_most 667 "700 MB; $(calculate "$rows / $wall_most") rows/ms from file to file"
# shellcheck disable=SC2154
result "predict: peak memory, $rows rows / a tenth of them" "$(calculate "$peak_most / $peak_tenth")" x at_most 1.1 "$peak_most and $peak_tenth MiB"
