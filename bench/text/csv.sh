#!/usr/bin/env bash
# Reading a CSV file of 33 MB (IMDB reviews: long quoted texts) against pandas' C reader, by CPU time, one thread each, in turns: at least
# twice as fast, also where every field is kept as pandas keeps it.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
file=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/imdb/train.csv
[ -e "$file" ] || { echo "not measured: $file is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
peers learning || { echo "not measured: pandas cannot be installed" >&2; exit 0; }
stream=() table=() theirs=()
for _ in 1 2 3 4 5; do
  "$build/bench_csv" "$file" 5 >"$work/ours"
  "$python/python" "$bench_dir/peers/csv_read.py" "$file" 3 >"$work/pandas"
  stream+=("$(awk '/^stream/ { print $2 }' "$work/ours")") table+=("$(awk '/^table/ { print $2 }' "$work/ours")") theirs+=("$(cut -d' ' -f2 "$work/pandas")")
  [ "$(awk '/^table/ { print $3 }' "$work/ours")" = "$(cut -d' ' -f3 "$work/pandas")" ] || { echo "other number of records than pandas" >&2; exit 1; }
done
best() { printf '%s\n' "$@" | sort -n | tail -n 1; }
peer=$(best "${theirs[@]}")
result "CSV, pandas' C reader" "$peer" MB/s info "" "best of 15, in turns; raw ${theirs[*]}"
result "CSV, records streamed" "$(best "${stream[@]}")" MB/s info "" "best of 25; raw ${stream[*]}"
result "CSV, records kept" "$(best "${table[@]}")" MB/s info "" "best of 25; raw ${table[*]}"
result "CSV: streamed / pandas" "$(calculate "$(best "${stream[@]}") / $peer")" x at_least 2 "the way the stages read"
result "CSV: kept / pandas" "$(calculate "$(best "${table[@]}") / $peer")" x at_least 2 "every field kept in memory"
