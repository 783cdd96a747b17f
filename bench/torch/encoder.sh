#!/usr/bin/env bash
# Fine-tuning and scoring MiniLM on airline tweets against Hugging Face's Trainer, a loop by hand, transformers and ONNX Runtime, all cores
# each, in turns, equal precision beside equal precision. Rows a second without tokenising (transformers.pipeline does that too).
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/airline/Tweets.csv
model=$bench_dir/../models/all-MiniLM-L6-v2
[ -e "$build/bench_encoder" ] || { echo "not measured: built without libtorch" >&2; exit 0; }
[ -e "$data" ] || { echo "not measured: $data is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
[ -e "$model" ] || cmake -P "$bench_dir/../.ci/base-model.cmake" >&2
[ -e "$model" ] || { echo "not measured: no base model" >&2; exit 0; }
peers encoders || { echo "not measured: transformers cannot be installed" >&2; exit 0; }
rounds=${ROUNDS:-3}

field() { awk -v name="$2" '$1 == name { print $2 }' "$work/$1"; }
# Several runs of a command each appends its rate to rates[NAME]; the last one's output is in $work/NAME.
declare -A rates
once() { local name=$1; shift; "$@" >"$work/$name" 2>"$work/errors" || { tail -n 5 "$work/errors" >&2; exit 1; }; rates[$name]+=" $(field "$name" rows/s)"; }
middle() { tr ' ' '\n' <<<"${rates[$1]# }" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
rate() { result "$2" "$(middle "$1")" rows/s info "" "raw${rates[$1]}; peak $(field "$1" peak) MiB"; }
ratio() { result "$3" "$(calculate "$(middle "$1") / $(middle "$2")")" x at_least "$4" "${5:-medians of $rounds in turns}"; }
agree() { paste -d' ' "$1" "$2" | awk '$1 == $2 { same++ } END { printf "%.3f", 100 * same / NR }'; }

for precision in f32 bf16; do
  for ((round = 0; round < rounds; ++round)); do
    once "trainer-$precision" "$python/python" "$bench_dir/peers/encoder_train.py" trainer "$model" "$data" airline_sentiment "$precision" 480
    once "loop-$precision" "$python/python" "$bench_dir/peers/encoder_train.py" sorted "$model" "$data" airline_sentiment "$precision" 1200
    once "ours-$precision" "$build/bench_encoder" train "$model" "$data" airline_sentiment "$precision" 1500
  done
  rate "trainer-$precision" "fine-tuning, $precision: Hugging Face Trainer"
  rate "loop-$precision" "fine-tuning, $precision: transformers, loop by hand, sorted by length"
  rate "ours-$precision" "fine-tuning, $precision: ours"
  ratio "ours-$precision" "trainer-$precision" "fine-tuning, $precision: ours / Trainer" 2.2
  ratio "ours-$precision" "loop-$precision" "fine-tuning, $precision: ours / loop by hand" 1.4
  result "fine-tuning, $precision: peak memory" "$(field "ours-$precision" peak)" MiB at_most 1500 "Trainer $(field "trainer-$precision" peak) MiB"
done

"$build/bench_encoder" train "$model" "$data" airline_sentiment auto 0 "$work/tuned" >"$work/tuning"
for ((round = 0; round < rounds; ++round)); do
  for how in pipeline pipeline32; do once $how "$python/python" "$bench_dir/peers/encoder_score.py" $how "$work/tuned" "$data" f32 300 "$work/$how.labels"; done
  for precision in f32 bf16; do
    once "sorted-$precision" "$python/python" "$bench_dir/peers/encoder_score.py" sorted "$work/tuned" "$data" $precision 3000 "$work/sorted-$precision.labels"
  done
  once onnx "$python/python" "$bench_dir/peers/encoder_score.py" onnx "$work/tuned" "$data" f32 3000 "$work/onnx.labels"
  for precision in f32 auto; do
    once "score-$precision" "$build/bench_encoder" score "$work/tuned" "$data" airline_sentiment $precision 3000 "$work/$precision.labels"
  done
done
rate pipeline "scoring: transformers.pipeline, as documented"
rate pipeline32 "scoring: transformers.pipeline, batch_size=32"
rate sorted-f32 "scoring, f32: transformers, sorted by length"
rate sorted-bf16 "scoring, bf16: transformers, sorted by length"
rate onnx "scoring, f32: ONNX Runtime, fused, sorted by length"
rate score-f32 "scoring, f32: ours"
rate score-auto "scoring, automatic precision: ours"
ratio score-auto pipeline32 "scoring: ours / transformers.pipeline, batch_size=32" 6
ratio score-f32 sorted-f32 "scoring, f32: ours / transformers, sorted" 1.3
[ "$(field score-auto precision)" != bf16 ] || ratio score-auto sorted-bf16 "scoring, bf16: ours / transformers, sorted" 1.3
ratio score-f32 onnx "scoring, f32: ours / ONNX Runtime" 1
ratio score-auto onnx "scoring, automatic precision: ours / ONNX Runtime f32" 2 "chosen here: $(field score-auto precision)"
result "scoring, f32: labels as ONNX Runtime's" "$(agree "$work/f32.labels" "$work/onnx.labels")" % at_least 99.95 "3,000 tweets"
result "scoring, automatic precision: labels as f32's" "$(agree "$work/auto.labels" "$work/f32.labels")" % at_least 99.8 "3,000 tweets"
