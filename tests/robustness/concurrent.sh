#!/usr/bin/env bash
# Several at once: two runs of one pipeline, runs of different pipelines in one folder, gc during a run, Ctrl-C and SIGTERM.
# usage: concurrent.sh MLOPSCTL [SEED]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
seed=${2:-20260131}
RANDOM=$seed
quickstart_project "$work/fresh"
cp -r "$work/fresh" "$work/reference"
begin=$(now_us)
run_in "$work/reference" run >"$work/reference.out" 2>"$work/reference.err" || { fail "the reference run ended $?: $(tail "$work/reference.err")"; exit 1; }
whole=$(($(now_us) - begin))
echo "reference run: $((whole / 1000)) ms; seed $seed"

start() {  # start FOLDER NAME ARGUMENTS...: in the background, in a process group of its own; $! is the program
  local folder=$1 name=$2
  shift 2
  setsid env "$export_mark" "$mlopsctl" -C "$folder" "$@" </dev/null >"$folder.$name.out" 2>"$folder.$name.err" &
}
# Does process $1 hold the lock of a pipeline in folder $2? Asked of the kernel.
holds_pipeline() {
  local inode
  while read -r inode; do
    grep -qE "WRITE +$1 [0-9a-f:]+:$inode " /proc/locks && return 0
  done < <(find "$2/.mlopsctl/locks" -type f -not -name 'store*' -printf '%i\n' 2>/dev/null)
  return 1
}
# start_and_stop FOLDER: starts a run and freezes it while it holds its pipeline; `pid` is the frozen process.
start_and_stop() {
  local folder=$1 extra=$2 try
  for ((try = 0; try < 20; ++try)); do
    rm -rf "$folder" "$folder".* && cp -r "$work/fresh" "$folder"
    start "$folder" a run
    pid=$!
    while kill -0 "$pid" 2>/dev/null && ! holds_pipeline "$pid" "$folder"; do :; done
    sleep_us "$extra"
    kill -STOP "$pid" 2>/dev/null
    holds_pipeline "$pid" "$folder" && return 0
    kill -CONT "$pid" 2>/dev/null
    wait "$pid"
    extra=$((extra / 2))
  done
  fail "no run could be frozen while it held its pipeline"
  return 1
}
wait_for() {  # wait_for SECONDS CONDITION...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do [ "$SECONDS" -lt "$deadline" ] || return 1; done
}

# --- one pipeline twice: the second says who holds it, or waits
for round in 1 2 3; do
  folder=$work/twice
  start_and_stop "$folder" "$(random_below $((whole / 2)))" || break
  first=$pid
  status=0
  timeout 10 env "$export_mark" "$mlopsctl" -C "$folder" run --no-wait </dev/null >"$folder.no_wait.out" 2>"$folder.no_wait.err" || status=$?
  [ "$status" -eq 2 ] || [ "$status" -eq 3 ] || fail "--no-wait beside a live run ended $status: $(cat "$folder.no_wait.err")"
  grep -q "error: .*$first" "$folder.no_wait.err" || fail "--no-wait does not name the holder $first: $(cat "$folder.no_wait.err")"
  start "$folder" b run
  second=$!
  wait_for 10 grep -qs "$first" "$folder.b.err" || fail "the waiting run does not say that it waits for $first: $(cat "$folder.b.err")"
  kill -0 "$second" 2>/dev/null || fail "the second run did not wait"
  kill -CONT "$first"
  wait "$first" || fail "round $round: the first of two runs ended $?: $(tail -n 5 "$folder.a.err")"
  wait "$second" || fail "round $round: the second of two runs ended $?: $(tail -n 5 "$folder.b.err")"
  same_results "two runs at once, round $round" "$folder" "$work/reference"
  [ "$(run_in "$folder" history latest --json | jq '[.stages[] | select(.state != "reused")] | length')" = 0 ] || fail "the run that waited did the work again"
done
echo "two runs of one pipeline: $SECONDS s, $failures failures"

# --- a run that waits for one that is killed takes over
folder=$work/heir
if start_and_stop "$folder" "$(random_below $((whole / 2)))"; then
  first=$pid
  start "$folder" b run
  second=$!
  wait_for 10 grep -qs "$first" "$folder.b.err"
  kill -KILL "$first"
  wait "$first" 2>/dev/null
  wait "$second" || fail "the heir of a killed run ended $?: $(tail -n 5 "$folder.b.err")"
  same_results "heir of a killed run" "$folder" "$work/reference"
fi

# --- many at the same instant, same pipeline and others that share its stages
for round in 1 2 3; do
  folder=$work/crowd
  rm -rf "$folder" "$folder".* && cp -r "$work/fresh" "$folder"
  tiny_project "$folder/tiny"
  cp "$folder/tiny/rows.csv" "$folder/rows.csv"
  pids=()
  for i in 1 2 3 4 5 6; do
    case $i in
      1 | 2) start "$folder" "$i" run ;;
      3 | 4) start "$folder" "$i" run --set "name=other-$i" ;;
      5 | 6) start "$folder" "$i" run -f tiny/pipeline.yaml --set "name=tiny-$i" ;;
    esac
    pids+=($!)
  done
  for i in 1 2 3 4 5 6; do
    wait "${pids[i - 1]}" || fail "round $round: run $i of a crowd ended $?: $(tail -n 5 "$folder.$i.err")"
  done
  expect_swept "crowd" "$folder"
  expect_verified "crowd" "$folder"
done
expect_no_orphan "crowd"
echo "crowds: $SECONDS s, $failures failures"

# --- gc at random moments of a run takes nothing that the run needs
for round in 1 2 3 4 5 6 7 8 9 10; do
  folder=$work/gc
  start_and_stop "$folder" "$(random_below "$whole")" || break
  first=$pid
  start "$folder" gc cache gc --keep-runs 1
  collector=$!
  sleep_us 100000
  kill -CONT "$first"
  wait "$first" || fail "round $round: a run during gc ended $?: $(tail -n 5 "$folder.a.err")"
  wait "$collector" || fail "round $round: gc during a run ended $?: $(tail -n 5 "$folder.gc.err")"
  same_results "gc during a run" "$folder" "$work/reference"
  expect_verified "gc during a run" "$folder"
  expect_recovery "run after gc" "$folder" "$work/reference"
done
echo "gc during runs: $SECONDS s, $failures failures"

# --- Ctrl-C (to the whole group, as a terminal does) and SIGTERM (to the program): 130 within seconds, and a rerun completes
# Is process $1 the program (no longer bash, setsid or env on the way to it), and does it handle SIGTERM, or has it ended? It handles
# SIGTERM before anything else; killed before that it would end 143 without having begun.
has_begun() {
  local comm key value
  read -r comm <"/proc/$1/comm" && [ "$comm" = mlopsctl ] || return 1
  while read -r key value _; do
    case $key in
      State:) [ "$value" = Z ] && return 0 ;;
      SigCgt:) (((16#$value >> 14) & 1)) && return 0 ;;
    esac
  done <"/proc/$1/status"
  return 1
} 2>/dev/null
interrupted=0 slowest=0
for ((try = 0; try < 300 && interrupted < 16; ++try)); do
  folder=$work/interrupted
  rm -rf "$folder" "$folder".* && cp -r "$work/fresh" "$folder"
  start "$folder" a run
  pid=$!
  wait_for 60 has_begun "$pid" || fail "a run does not handle SIGTERM"
  sleep_us "$(random_below "$whole")"
  begin=$(now_us)
  if [ $((try % 2)) -eq 0 ]; then kill -INT -- "-$pid" 2>/dev/null; else kill -TERM "$pid" 2>/dev/null; fi
  status=0
  wait "$pid" || status=$?
  took=$(($(now_us) - begin))
  case $status in
    130) interrupted=$((interrupted + 1)); [ "$took" -le "$slowest" ] || slowest=$took ;;
    0) ;;
    *) fail "an interrupted run ended $status: $(tail -n 5 "$folder.a.err")" ;;
  esac
  expect_no_orphan "interrupted run"
  expect_recovery "run after an interrupt" "$folder" "$work/reference"
done
[ "$interrupted" -ge 16 ] || fail "only $interrupted of 16 interrupts landed"
[ "$slowest" -lt 3000000 ] || fail "an interrupted run took $((slowest / 1000)) ms to end"
echo "interrupts: $interrupted landed, slowest end after $((slowest / 1000)) ms; $failures failures, $SECONDS s"
