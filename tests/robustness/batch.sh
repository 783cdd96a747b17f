#!/usr/bin/env bash
# kill -9 of predict at random points over 50,000 rows, several times in a row, now and then with the last bytes of what it left cut off or
# changed, as a machine that loses its power does. Each series ends with a run to the end: its output is that of an unbroken run.
# usage: batch.sh MLOPSCTL [SEED]     MLOPSCTL_BATCH_KILLS=N sets how many kills must land (default 25)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
export OMP_WAIT_POLICY=passive
seed=${2:-20260131}
RANDOM=$seed
wanted=${MLOPSCTL_BATCH_KILLS:-25}

# predict FOLDER INPUT OUTPUT OPTION...: its stderr goes to OUTPUT.err.
predict() { run_in "$1" predict --model fit --input "$2" --output "$3" --rejects "$3.rejects" "${@:4}" >"$1/$3.out" 2>"$1/$3.err"; }

# spoil FOLDER OUTPUT: what a loss of power may do to bytes that were not flushed.
spoil() {
  local file=$1/$2.partial size
  ((RANDOM % 2)) || file=$1/$2.journal
  [ -s "$file" ] || return 1
  size=$(stat -c %s "$file")
  if ((RANDOM % 2)); then truncate -s $((size - 1 - $(random_below "$((size < 20000 ? size : 20000))"))) "$file"
  else printf '\0\0\0\0' | dd of="$file" bs=1 seek=$((size > 4 ? size - 4 : 0)) conv=notrunc status=none; fi
}

# torment NAME ROWS KILLS OPTION...: of the model of NAME_project.
torment() {
  local name=$1 rows=$2 kills=$3 folder=$work/$1 begin whole pid delay status landed=0 series=0 resumed=0 spoilt=0 missed=0
  shift 3
  "${name}_project" "$folder"
  run_in "$folder" run >"$work/out" 2>"$work/err" || { fail "$name: the run ended $?: $(cat "$work/err")"; return; }
  # A row that cannot be read stands in every thousandth place.
  awk -v n="$rows" 'BEGIN { print "id,text"; for (i = 0; i < n; ++i) print i (i % 1000 == 999 ? "" : ",") "the crew was " (i % 3 ? "lovely" : "late") " and the night dreadful " i % 97 }' \
    >"$folder/rows.in.csv"
  begin=$(now_us)
  predict "$folder" rows.in.csv reference.csv "$@" || { fail "$name: the unbroken run ended $?: $(cat "$folder/reference.csv.err")"; return; }
  whole=$(($(now_us) - begin))
  [ "$(wc -l <"$folder/reference.csv")" -eq $((1 + rows - rows / 1000)) ] || fail "$name: the unbroken run wrote $(wc -l <"$folder/reference.csv") lines"
  # On a busy machine the unbroken run may have taken twice the time of those that are killed: then few kills land where something was written.
  while { [ "$landed" -lt "$kills" ] || [ "$resumed" -eq 0 ]; } && [ "$series" -lt 200 ] && [ "$failures" -eq 0 ]; do
    series=$((series + 1))
    for ((k = RANDOM % 5; k >= 0; --k)); do
      delay=$(random_below "$whole")
      env "$export_mark" "$mlopsctl" -C "$folder" predict --model fit --input rows.in.csv --output labelled.csv --rejects labelled.csv.rejects "$@" </dev/null >"$work/out" 2>"$work/err" &
      pid=$!
      sleep_us "$delay"
      kill -KILL "$pid" 2>/dev/null
      status=0
      wait "$pid" 2>/dev/null || status=$?
      grep -q '^going on after ' "$work/err" && resumed=$((resumed + 1))
      case $status in
        137) landed=$((landed + 1)) ;;
        0) missed=$((missed + 1)) ;;
        *) fail "$name: series $series: predict ended $status by itself: $(tail -n 5 "$work/err")" ;;
      esac
      if ((RANDOM % 4 == 0)); then spoil "$folder" labelled.csv && spoilt=$((spoilt + 1)); fi
    done
    predict "$folder" rows.in.csv labelled.csv "$@" || fail "$name: series $series: the last run ended $?: $(tail -n 5 "$folder/labelled.csv.err")"
    grep -q '^going on after ' "$folder/labelled.csv.err" && resumed=$((resumed + 1))
    cmp "$folder/labelled.csv" "$folder/reference.csv" || fail "$name: series $series: not the rows of an unbroken run"
    cmp "$folder/labelled.csv.rejects" "$folder/reference.csv.rejects" || fail "$name: series $series: not the rejects of an unbroken run"
    [ ! -e "$folder/labelled.csv.partial" ] && [ ! -e "$folder/labelled.csv.journal" ] || fail "$name: series $series: left behind: $(ls "$folder")"
    rm -f "$folder/labelled.csv" "$folder/labelled.csv.rejects"
  done
  [ "$landed" -ge "$kills" ] || [ "$failures" -gt 0 ] || fail "$name: $landed of $kills kills landed"
  [ "$resumed" -gt 0 ] || [ "$failures" -gt 0 ] || fail "$name: no run went on where another had stopped"
  echo "$name: $landed kills of a run of $((whole / 1000)) ms over $rows rows in $series series ($missed came too late), $resumed runs went on, $spoilt times the last bytes were spoilt"
}

torment tiny 50000 "$wanted" -j 2
if has_torch; then torment encoder 20000 $((wanted / 5)) -j 2; fi

[ "$failures" -eq 0 ] || exit 1

# Another input, another model, other options: begun anew, and said so.
folder=$work/tiny
killed_half_way() {
  local pid
  env "$export_mark" "$mlopsctl" -C "$folder" predict --model fit --input rows.in.csv --output labelled.csv --rejects r.csv </dev/null >"$work/out" 2>"$work/err" &
  pid=$!
  while ! grep -q '"rows":8' "$folder/labelled.csv.journal" 2>/dev/null; do kill -0 "$pid" 2>/dev/null || return 1; done
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  [ -e "$folder/labelled.csv.partial" ]
}
anew() {
  run_in "$folder" predict --model "$2" --input rows.in.csv --output labelled.csv "${@:4}" >"$work/out" 2>"$work/err" || fail "$1: predict ended $?: $(cat "$work/err")"
  grep -qxF "$3 since labelled.csv.partial was written: beginning anew" "$work/err" || fail "$1: it said $(cat "$work/err")"
}
until killed_half_way; do :; done
anew "other options" fit "the options have changed" --rejects r.csv --no-confidence
until killed_half_way; do :; done
cp -r "$(run_in "$folder" model show fit --json | jq -r .path)" "$folder/other" && chmod -R u+w "$folder/other" && echo " " >>"$folder/other/model.json"
anew "another model" ./other "the model has changed" --rejects r.csv
until killed_half_way; do :; done
sed -i 2d "$folder/rows.in.csv"
anew "another input" fit "the input has changed" --rejects r.csv

# A second predict of the same output meanwhile is refused, not mixed in.
exec {lock}<>"$folder/labelled.csv.partial"
flock -x "$lock"
run_in "$folder" predict --model fit --input rows.in.csv --output labelled.csv --rejects r.csv >"$work/out" 2>"$work/err" && fail "two predicts wrote one output"
grep -qxF "error: another process is writing labelled.csv" "$work/err" || fail "a second predict said $(cat "$work/err")"
exec {lock}>&-
rm -f "$folder/labelled.csv.partial"

echo "$failures failures, $SECONDS s; seed $seed"
