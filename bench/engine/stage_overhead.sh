#!/usr/bin/env bash
# What a stage costs beyond its work: 200 stages that each clean two rows, one at a time, divided by 200. The work on two rows is
# counted in, so the figure is an upper bound; limit 5 ms. Beside it: what one flush to this disk costs (every artifact is flushed).
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
count=200
many_stages "$work/project" "$count"
run_fresh() { # run_fresh NAME LIMIT ARGUMENTS
  local name=$1 limit=$2 i values=() begin
  shift 2
  for i in 1 2 3 4 5; do
    rm -rf "$work/project/.mlopsctl"
    begin=$EPOCHREALTIME
    "$mlopsctl" -C "$work/project" run -j 1 --report no "$@" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
    values+=("$(awk "BEGIN { printf \"%.3f\", ($EPOCHREALTIME - $begin) * 1000 / $count }")")
  done
  mapfile -t values < <(printf '%s\n' "${values[@]}" | sort -n)
  result "$name" "${values[2]}" ms at_most "$limit" "median of 5 runs of $count stages, least ${values[0]}, most ${values[4]} ms each; -j 1"
}
run_fresh "stage overhead, thread runner" 5 --runner thread
run_fresh "stage overhead, process runner" 5 --runner process
begin=$EPOCHREALTIME
for ((i = 0; i < 50; ++i)); do dd if=/dev/zero of="$work/flushed" bs=4k count=1 conv=fsync status=none; done
flush=$(awk "BEGIN { printf \"%.3f\", ($EPOCHREALTIME - $begin) * 1000 / 50 }")
result "one flushed 4 KiB file on this disk" "$flush" ms info "" "dd conv=fsync, its start included, mean of 50"
