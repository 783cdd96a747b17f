#!/usr/bin/env bash
# How right MiniLM is on airline tweets: our recipes over several seeds, chosen between by VALIDATION accuracy; the chosen one and the recipe that
# transformers is given too are then judged on test. Everything is kept in OUT: a second call goes on where the first was stopped.
# usage: bench/accuracy/airline.sh MLOPSCTL MODEL_FOLDER DATA_FOLDER [OUT]
#   SEEDS="1 2 3 4 5"  RECIPES="same mean ..." (all of recipes/)  DEVICE=cpu|cuda  PRECISION=f32|bf16|auto  JOBS=1 (trainings at once)
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
    "$python" "$here/../peers/encoder_accuracy.py" train "$model" "$data" "$device" "$2" ${ROWS:+"$ROWS"} >"$file.making" 2>"$file.log" || { tail -n 5 "$file.log" >&2; return 1; }
  else
    # shellcheck disable=SC2086  # SET is a list of flags
    "$program" -C "$out" run -f "$here/airline.yaml" -f "$here/recipes/$1.yaml" --set "seed=$2" --set "data=$data" --set "base=$model" --set "device=$device" \
      --set "precision=$precision" ${SET:-} --report no --json "judge_$3" 2>"$file.log" | tail -n 1 >"$file.making" || { tail -n 5 "$file.log" >&2; return 1; }
  fi
  mv "$file.making" "$file"
  echo "done: $1, seed $2, $3" >&2
}
export -f one
export SET ROWS
# Lines "RECIPE SEED WHAT" are worked on, JOBS at once; the log of one that failed is named, the others go on.
work() { xargs -r -P "$jobs" -L 1 bash -c 'set -o pipefail; one "$@" || echo "FAILED: $* ($out/results/$1.$2.$3.json.log)" >&2' one; }

for seed in $seeds; do for recipe in $recipes; do echo "$recipe $seed validation"; done; done | work
if [ "${PEER:-yes}" = yes ]; then for seed in $seeds; do echo "transformers $seed peer"; done | work; fi
chosen=$(python3 "$here/../peers/encoder_accuracy.py" choose "$out/results")
for recipe in same $chosen; do for seed in $seeds; do [ ! -s "$out/results/$recipe.$seed.validation.json" ] || echo "$recipe $seed test"; done; done | sort -u | work
python3 "$here/../peers/encoder_accuracy.py" summary "$out/results" "$chosen"
