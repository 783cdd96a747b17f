#!/usr/bin/env bash
# `mlopsctl run` of a drift-check beside Evidently's drift report on the same real windows: wall time and peak memory in turns, then what each says where
# nothing changed and under known shifts, kept in bench/results/drift-real-data.md. Ours reads, cleans and scores the texts; Evidently is given the
# answers of our model. NULLS=20 SEEDS=3: windows without and with each shift; a report of Evidently's takes some 6 s of processor time.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=$(realpath "${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}")
[ -e "$data/airline/Tweets.csv" ] || { echo "not measured: $data is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
peers evidently || { echo "not measured: Evidently cannot be installed" >&2; exit 0; }
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
nulls=${NULLS:-20} seeds=${SEEDS:-3} rounds=3
here=$bench_dir/drift
python3 "$here/windows.py" "$data" "$work" "$nulls" "$seeds" 500 1500
ours() { "$mlopsctl" -C "$work" run --report no --json "$@"; }
ours fit fit140 >/dev/null
for model in fit fit140; do "$mlopsctl" -C "$work" predict --model $model --input "$work/$model.csv" --output "$work/$model-scored.csv" >/dev/null; done
python3 "$here/table.py" split "$work" "$work/fit-scored.csv" "$work/fit140-scored.csv"

middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
figures=$work/figures
# of CHECK MODEL REFERENCE WINDOW: a pipeline of this one check, as somebody has it.
of() {
  local learned=learn
  [ "$2" = fit ] || learned=learn140
  grep -E "^[a-zA-Z]|^  (check-$1|$2|(rows-)?($learned|$3|$4)):" "$work/pipeline.yaml" >"$work/one.yaml"
}
# compare NAME MODEL CHECK...: a check each round, none of them computed before.
compare() {
  local name=$1 model=$2 check reference window mine=() mine_cpu=() theirs=() theirs_cpu=() alone=()
  shift 2
  for check in "$@"; do
    IFS=, read -r _ reference window < <(grep "^$check," "$work/checks.csv")
    of "$check" "$model" "$reference" "$window"
    measure -n 1 -w 0 -o "$work/mine" "$mlopsctl" -C "$work" run -f one.yaml --report no "check-$check"
    mine+=("$median") mine_cpu+=("$cpu") mine_peak=$peak
    measure -n 1 -w 0 -o "$work/theirs" "$python/python" "$bench_dir/peers/evidently_drift.py" one "$work/scored/$reference.csv" "$work/scored/$window.csv"
    theirs+=("$median") theirs_cpu+=("$cpu") theirs_peak=$peak alone+=("$(jq '.report * 1000 | round' "$work/theirs")")
  done
  local us them
  us=$(middle "${mine[@]}") them=$(middle "${theirs[@]}")
  result "drift of $name: Evidently / ours" "$(calculate "$them / $us")" x at_least 20 "wall time of the process, medians; ours ${mine[*]} ms, theirs ${theirs[*]} ms"
  result "drift of $name: Evidently / ours, CPU" "$(calculate "$(middle "${theirs_cpu[@]}") / $(middle "${mine_cpu[@]}")")" x info "" "ours ${mine_cpu[*]} ms, theirs ${theirs_cpu[*]} ms"
  result "drift of $name: Evidently's report alone / all of ours" "$(calculate "$(middle "${alone[@]}") / $us")" x info "" "without its start and reading: ${alone[*]} ms"
  result "drift of $name: peak memory, ours / Evidently" "$(calculate "$mine_peak / $theirs_peak")" x info "" "$mine_peak and $theirs_peak MiB"
}
{
  compare "1,500 rows against 1,500" fit 1500-none-1 1500-none-2 1500-none-3
  compare "9,941 rows against 3,000" fit140 head
} | tee "$figures"

ours >"$work/run" || { tail -n 1 "$work/run" >&2; exit 1; }
tail -n 1 "$work/run" >"$work/run.json"
"$python/python" "$bench_dir/peers/evidently_drift.py" many "$work/scored" "$work/checks.csv" "$work/evidently.json" 2>"$work/evidently.log" || { tail "$work/evidently.log" >&2; exit 1; }
{
  echo "# What a drift check says of real texts"
  echo
  echo "Made by \`bench/drift/real_data.sh BUILD\` ($("$python/pip" list 2>/dev/null | awk '$1 == "evidently" { print "Evidently " $2 }'); NULLS=$nulls SEEDS=$seeds)."
  echo "A linear model of airline tweets; a reference and a window of as many rows, drawn for each window anew. Counts of windows with an alarm."
  echo
  python3 "$here/table.py" show "$work" "$work/run.json" "$work/evidently.json"
  echo
  echo "| what | measured | limit | | how |"
  echo "|---|---|---|---|---|"
  cut -f2- "$figures" | sed 's/\t/ | /g; s/^/| /; s/$/ |/; s/at_least/>=/'
} >"$bench_dir/results/drift-real-data.md"
