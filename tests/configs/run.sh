#!/usr/bin/env bash
# Runs one pipeline of configs/ twice in a folder of its own and checks what comes out.
# usage: run.sh PROGRAM NAME DATA; exits 77 (skipped) where the data is absent. Each pipeline's promises stand in promises below.
set -euo pipefail
program=$1 name=$2 data=$3
configs=$(cd "$(dirname "$0")/../../configs" && pwd)

fail() { echo "FAILED: $*" >&2; exit 1; }
if [ ! -e "$data" ]; then
  echo "skipped: there is no $data; configs/$name.yaml says where its data comes from"
  exit 77
fi
if grep -q 'base: models/' "$configs/$name.yaml"; then
  [ -d "$configs/../models" ] || { echo "skipped: there is no base model; make base-model"; exit 77; }
  "$program" version --json | jq -e .features.torch >/dev/null || { echo "skipped: built without libtorch"; exit 77; }
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$configs" "$work/configs"
ln -s "$configs/../models" "$work/models"
# What takes long is done on a sample here: that the pipeline runs to its end and that its parts learn. Full figures: bench/accuracy.
sample() { local rows=$1 stage; shift; for stage in "$@"; do small+=(--set "stages.$stage.sample.rows=$rows"); done; }
small=()
case $name in
  airline)
    sample 1000 words sentences
    small+=(--set stages.encoder.optimizer.epochs=2 --set stages.judge.gate.accuracy.min=0.75) ;;
  imdb)
    sample 800 learn
    sample 400 unseen
    small+=(--set stages.learn.checks.min_rows=80 --set stages.encoder.model.max_tokens=48 --set stages.encoder.optimizer.epochs=2 --set stages.encoder.optimizer.batch_tokens=1024
      --set stages.judge.gate.accuracy.min=0.75) ;;
esac
run() { "$program" -C "$work" run -f "configs/$name.yaml" --set "data=$data" "${small[@]}" --json 2> "$work/stderr" | tee "$work/events" | tail -n 1; }
holds() { jq -e "$1" <<< "$2" > /dev/null || fail "$1 does not hold of: $(jq -c "$3" <<< "$2")"; }

code=0
first=$(run) || code=$?
[ $code -eq 0 ] || { cat "$work/stderr" >&2; jq -c "select(.error != null) | .error" "$work/events" >&2 || true; fail "the run ended with $code: $(cut -c1-400 <<< "$first")"; }
accuracy='(.metrics[] | select(.metric == "accuracy"'
case $name in
  quickstart) promises=('.verdicts | length == 2' ".stages_run == 7" "$accuracy) | .challenger) >= 0.70" "$accuracy) | .champion) >= 0.55") ;;
  airline) promises=("$accuracy and .stage == \"judge\") | .challenger) >= 0.77" "$accuracy and .stage == \"judge_encoder\") | .challenger) >= 0.76") ;;
  imdb) promises=("$accuracy and .stage == \"judge\") | .challenger) >= 0.80" "$accuracy and .stage == \"judge_encoder\") | .challenger) >= 0.65") ;;
  airline-linear) promises=("$accuracy and .stage == \"judge\") | .challenger) >= 0.805") ;;
  imdb-linear) promises=("$accuracy) | .challenger) >= 0.917" "$accuracy) | .champion) >= 0.90") ;;
  movie-reviews-linear)
    promises=("$accuracy and .stage == \"judge\") | .challenger) | (. >= 0.63 and . <= 0.65)"
      "$accuracy and .stage == \"judge\") | .champion) | (. >= 0.59 and . <= 0.61)") ;;
  sentiment140-jobs) promises=("$accuracy) | .challenger) >= 0.72") ;;
  *) fail "no promises are stated for $name" ;;
esac
holds '.state == "succeeded" and .exit_code == 0' "$first" '.'
for promise in "${promises[@]}"; do holds "$promise" "$first" '.metrics[:4], .verdicts'; done
jq -r '.verdicts[] | "\(.stage): \(.outcome)"' <<< "$first"
jq -r '.metrics[] | select(.metric == "accuracy") | "\(.stage): accuracy \(.challenger), champion \(.champion)"' <<< "$first"

alias=$("$program" -C "$work" model list --json | jq -r ".models[0].alias")
[ -n "$alias" ] && [ "$alias" != null ] || fail "no model is registered"
[ -s "$work/$(jq -r .report <<< "$first")" ] || [ -s "$(jq -r .report <<< "$first")" ] || fail "there is no report"

second=$(run) || fail "the second run ended with $?"
holds '.stages_run == 0' "$second" '{stages_run, stages_reused}'
