#!/usr/bin/env bash
# How right configs/imdb.yaml is over several seeds: the encoder, the linear model and the two together, on the test reviews. Everything is kept in OUT: a
# second call goes on where the first was stopped.
# usage: bench/accuracy/imdb.sh MLOPSCTL MODEL_FOLDER DATA_FOLDER [OUT]
#   SEEDS="1 2 3"  DEVICE=cpu|cuda  PRECISION=f32|bf16|auto  JOBS=1 (seeds at once)  SET="--set stages.learn.sample.rows=2000 ..." (more flags)
set -euo pipefail
export LC_ALL=C
[ $# -ge 3 ] || { sed -n '4,5s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "$1") model=$(realpath "$2") data=$(realpath "$3") out=${4:-build/accuracy-imdb}
[ -e "$data/train.csv" ] || { echo "not measured: there is no $data/train.csv" >&2; exit 0; }
[ -e "$model/config.json" ] || { echo "not measured: there is no $model/config.json; make base-model" >&2; exit 0; }
mkdir -p "$out/results"
out=$(realpath "$out") device=${DEVICE:-cpu} precision=${PRECISION:-auto}
export here program model data out device precision
one() {
  local file=$out/results/imdb.$1.test.json
  [ ! -s "$file" ] || return 0
  mkdir -p "$out/seed-$1"
  # shellcheck disable=SC2086  # SET is a list of flags
  "$program" -C "$out/seed-$1" run -f "$here/../../configs/imdb.yaml" --set "seed=$1" --set "data=$data" --set "stages.encoder.model.base=$model" \
    --set "stages.encoder.model.device=$device" --set "stages.encoder.model.precision=$precision" ${SET:-} --report no --json judge_encoder judge \
    2>"$file.log" | tail -n 1 >"$file.making" || [ $? -eq 1 ] || { echo "FAILED: seed $1: $(tail -n 1 "$file.log")" >&2; return 0; }
  mv "$file.making" "$file"
  echo "done: seed $1" >&2
}
export -f one
export SET
tr ' ' '\n' <<<"${SEEDS:-1 2 3}" | xargs -r -P "${JOBS:-1}" -I SEED bash -o pipefail -c 'one "$@"' one SEED
python3 "$here/../peers/encoder_accuracy.py" stages "$out/results"
