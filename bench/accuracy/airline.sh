#!/usr/bin/env bash
# How right MiniLM is on airline tweets: our recipes over several seeds, chosen between by VALIDATION accuracy; the chosen one and the recipe that
# transformers is given too are then judged on test. Everything is kept in OUT: a second call goes on where the first was stopped.
# usage: bench/accuracy/airline.sh MLOPSCTL MODEL_FOLDER DATA_FOLDER [OUT]
#   SEEDS="1 2 3 4 5"  RECIPES="same mean ..." (all of recipes/)  DEVICE=cpu|cuda  PRECISION=f32|bf16|auto  JOBS=1 (seeds at once)
#   PEER=yes|no (transformers; PYTHON=python3)  SET="--set stages.tidy.sample.rows=200 ..." (more flags for mlopsctl)  ROWS=N (the peer's first rows)
set -euo pipefail
export LC_ALL=C
[ $# -ge 3 ] || { sed -n '4,6s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "$1") model=$(realpath "$2") data=$(realpath "$3") out=${4:-build/accuracy-airline}
seeds=${SEEDS:-1 2 3 4 5} device=${DEVICE:-cpu} precision=${PRECISION:-f32} jobs=${JOBS:-1} python=${PYTHON:-python3}
recipes=${RECIPES:-$(cd "$here/recipes" && ls -- *.yaml | sed 's/\.yaml$//')}
[ -e "$data/train.csv" ] || { echo "not measured: there is no $data/train.csv" >&2; exit 0; }
[ -e "$model/config.json" ] || { echo "not measured: there is no $model/config.json; make base-model" >&2; exit 0; }
mkdir -p "$out/results"
out=$(realpath "$out")
export here program model data out device precision python

# one RECIPE SEED validation|test|peer: leaves results/RECIPE.SEED.WHAT.json, the last line of `run --json` or what the peer printed.
one() {
  local file=$out/results/$1.$2.$3.json
  [ ! -s "$file" ] || return 0
  if [ "$3" = peer ]; then
    "$python" "$here/../peers/encoder_accuracy.py" train "$model" "$data" "$device" "$precision" "$2" ${ROWS:+"$ROWS"} >"$file.making" 2>"$file.log"
  else
    mkdir -p "$out/seed-$2"  # a project does one run at a time
    # shellcheck disable=SC2086  # SET is a list of flags
    "$program" -C "$out/seed-$2" run -f "$here/airline.yaml" -f "$here/recipes/$1.yaml" --set "seed=$2" --set "data=$data" --set "base=$model" \
      --set "device=$device" --set "precision=$precision" ${SET:-} --report no --json "judge_$3" 2>"$file.log" | tail -n 1 >"$file.making"
  fi || { echo "FAILED: $1, seed $2, $3: $(tail -n 1 "$file.log")" >&2; return 1; }
  mv "$file.making" "$file"
  echo "done: $1, seed $2, $3" >&2
}
# all SEED WHAT RECIPE...: one after the other; the others go on where one fails.
all() {
  local seed=$1 what=$2 recipe
  shift 2
  for recipe in "$@"; do one "$recipe" "$seed" "$what" || true; done
}
export -f one all
export SET ROWS
# each_seed WHAT RECIPE...: JOBS seeds at once.
each_seed() { tr ' ' '\n' <<<"$seeds" | xargs -r -P "$jobs" -I SEED bash -o pipefail -c 'all "$@"' all SEED "$@"; }

each_seed validation $recipes
[ "${PEER:-yes}" != yes ] || each_seed peer transformers
chosen=$(python3 "$here/../peers/encoder_accuracy.py" choose "$out/results")
[ -n "$chosen" ] || { echo "no recipe came to its end" >&2; exit 1; }
judged=same
[ "$chosen" = same ] || judged="same $chosen"
each_seed test $judged
python3 "$here/../peers/encoder_accuracy.py" summary "$out/results" "$chosen"
