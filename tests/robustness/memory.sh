#!/usr/bin/env bash
# predict holds a bounded part of a file: six times the rows, or rows of 100 kB, take no more memory, and the rows keep their order.
# usage: memory.sh MLOPSCTL
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
export OMP_WAIT_POLICY=passive

# peak_of FOLDER INPUT: predicts, and leaves the largest resident set in $peak, KiB.
peak_of() {
  local pid line
  peak=0
  env "$export_mark" "$mlopsctl" -C "$1" predict --model fit --input "$2" --output labelled.csv </dev/null >"$work/out" 2>"$work/err" &
  pid=$!
  while line=$(grep -s VmHWM "/proc/$pid/status"); do
    peak=${line//[!0-9]/}
    sleep_us 20000
  done
  wait "$pid" || fail "$1, $2: predict ended $?: $(cat "$work/err")"
}

try() {
  local folder=$work/$1 few
  "$1_project" "$folder"
  run_in "$folder" run >"$work/out" 2>"$work/err" || { fail "$1: the run ended $?: $(cat "$work/err")"; return; }
  for n in 10000 60000; do
    awk -v n="$n" 'BEGIN { print "id,text"; for (i = 0; i < n; ++i) print i ",the crew was late " i % 97 }' >"$folder/$n.csv"
  done
  awk 'BEGIN { for (i = 0; i < 12500; ++i) word = word "the crew"; print "id,text"; for (i = 0; i < 2000; ++i) print i "," word }' >"$folder/long.csv"
  peak_of "$folder" 10000.csv
  few=$peak
  for file in 60000.csv long.csv; do
    peak_of "$folder" "$file"
    echo "$1: $few KiB for 10,000 rows, $peak KiB for $file"
    [ "$peak" -gt 0 ] && [ "$peak" -lt $((few + 98304)) ] || fail "$1: $file took $peak KiB, 10,000 rows took $few KiB"
    cmp -s <(cut -d, -f1 "$folder/$file") <(cut -d, -f1 "$folder/labelled.csv") || fail "$1: $file came back in another order"
  done
}

try tiny
if has_torch; then try encoder; fi
echo "$failures failures, $SECONDS s"
