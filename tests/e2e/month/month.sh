#!/usr/bin/env bash
# A month of simulated days: daily batches, drift checks and retraining, as cron would call them; from day 12 on people write in other words. Drift is seen
# that very day, a few days later enough is labelled for the new model to be better, and it takes over; killed however often on the way, it is trained once.
# usage: month.sh MLOPSCTL
# shellcheck source-path=SCRIPTDIR source=../../robustness/lib.sh
. "$(dirname "$0")/../../robustness/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
project=$work/reviews
drift_day=12 days=30
mkdir -p "$project/data" "$project/out"
cp "$here/pipeline.yaml" "$here/first.yaml" "$project"

# rows COUNT SEED DAY: label and text, as people write on that day.
rows() {
  awk -v count="$1" -v seed="$2" -v changed="$(($3 >= drift_day))" 'BEGIN {
    srand(seed)
    split("room staff food view price breakfast pool garden lift lobby", things); split("was seemed looked felt", verbs)
    split("good clean lovely calm friendly", old_good); split("bad dirty awful loud rude", old_bad)
    split("fire slaps bussin goated valid", new_good); split("mid trash cringe sus whack", new_bad)
    for (i = 0; i < count; ++i) {
      good = rand() < 0.5
      word = int(1 + 5 * rand())
      if (changed && rand() < 0.8) said = good ? new_good[word] : new_bad[word]
      else said = good ? old_good[word] : old_bad[word]
      if (rand() < 0.03) good = !good
      print (good ? "positive" : "negative") ",the " things[int(1 + 10 * rand())] " " verbs[int(1 + 4 * rand())] " " said " to me and the " things[int(1 + 10 * rand())]
    }
  }'
}
date_of() { printf '2026-03-%02dT' "$1"; }
# add FILE COUNT SEED DAY: labelled rows, with their time.
add() { rows "$2" "$3" "$4" | sed "s/^/$(date_of "$4")12:00:00Z,/" >>"$project/data/$1.csv"; }
today() { { echo text; rows 300 $((1000 + $1)) "$1" | cut -d, -f2; } >"$project/data/today.csv"; }
# at DAY TIME ARGUMENTS...: the program at that moment; its exit code in $code.
at() {
  local moment
  moment=$(date_of "$1")$2:00Z
  shift 2
  code=0
  MLOPSCTL_TEST_CLOCK=$moment run_in "$project" "$@" >"$work/out" 2>"$work/err" || code=$?
}
expect_code() { [ "$code" -eq "$1" ] || fail "$2: expected exit code $1, got $code: $(cat "$work/out" "$work/err")"; }
version() { run_in "$project" model alias reviews --json | jq -r '.history | length'; }
attempts() { jq -r '[.attempts[] | .state] | join(" ")' "$1/.mlopsctl/retrain/reviews.json"; }
# How many models were ever made, by runs that ended or did not: each training that came to its end left one.
models() { find "$1/.mlopsctl/store" -name model.json | wc -l; }
# How often it was trained in runs that ended.
trainings() { run_in "$1" history --limit 500 --json | jq -r '.runs[].run' | while read -r run; do run_in "$1" history "$run" --json; done |
  jq -r '.stages[] | select(.name == "fit" and .state == "succeeded") | .name' | wc -l; }

# Day 1: what was labelled before, the first model, the timers.
echo at,label,text >"$project/data/labelled.csv"
echo at,label,text >"$project/data/judged.csv"
add labelled 600 1 1
add judged 250 2 1
today 1
at 1 00:10 retrain -f pipeline.yaml -f first.yaml --report no
expect_code 0 "the first training"
at 1 00:20 schedule render --for systemd --output units
expect_code 0 "schedule render"
at 1 00:20 schedule status
expect_code 0 "schedule status before the first time"

# kill_and_restart DAY: SIGKILL to the retraining (with all its processes) after ever longer times, then two at once to the end.
kill_and_restart() {
  local pid status landed=0 delay
  rm -rf "$work/before" && cp -r "$project" "$work/before"
  for delay in 15000 30000 45000 60000 75000 90000 120000 150000; do
    MLOPSCTL_TEST_CLOCK="$(date_of "$1")03:30:00Z" setsid env "$export_mark" "$mlopsctl" -C "$project" schedule run retrain </dev/null >"$work/out" 2>"$work/err" &
    pid=$!
    sleep_us "$delay"
    kill -KILL -- "-$pid" 2>/dev/null
    status=0
    wait "$pid" 2>/dev/null || status=$?
    [ "$status" -eq 137 ] && landed=$((landed + 1))
  done
  expect_no_orphan "after kills"
  local first second codes=0
  MLOPSCTL_TEST_CLOCK="$(date_of "$1")03:40:00Z" run_in "$project" retrain --report no --json >"$work/first" 2>"$work/first.err" &
  first=$!
  MLOPSCTL_TEST_CLOCK="$(date_of "$1")03:40:00Z" run_in "$project" retrain --report no --json >"$work/second" 2>"$work/second.err" &
  second=$!
  wait "$first" || codes=$((codes + $?))
  wait "$second" || codes=$((codes + $?))
  # 1 is the answer of the one that trained where the old model was kept.
  local outcomes
  outcomes=$(tail -qn1 "$work/first" "$work/second" | jq -r '.outcome // empty')
  case "$codes $outcomes" in
    "0 " | "0 accepted" | "1 kept") ;;
    *) fail "two at once ended with $codes in sum, outcomes: $outcomes: $(cat "$work/first.err" "$work/second.err")" ;;
  esac
  kills=$((kills + landed))
  at "$1" 03:50 schedule run retrain
}

alarms=0 false_alarms=0 first_alarm=0 trained_on="" promoted_on=0 kills=0
printf '%4s  %-6s %-8s %-9s %s\n' day drift retrain version status
for ((day = 1; day <= days; ++day)); do
  today "$day"
  if [ "$day" -gt 1 ]; then add labelled 60 $((2000 + day)) $((day - 1)); add judged 25 $((3000 + day)) $((day - 1)); fi
  # On day 20 nobody calls the batch.
  if [ "$day" -ne 20 ]; then at "$day" 02:00 schedule run batch; expect_code 0 "batch of day $day"; fi
  at "$day" 03:00 schedule run drift
  expect_code 0 "drift check of day $day"
  drift=$(run_in "$project" history latest --json | jq -r '.stages[] | select(.name == "drift") | .report.verdict.checks | map(.outcome) | if any(. == "warn") then "alarm" else "quiet" end')
  if [ "$drift" = alarm ]; then
    alarms=$((alarms + 1))
    [ "$day" -ge "$drift_day" ] || false_alarms=$((false_alarms + 1))
    [ "$day" -lt "$drift_day" ] || [ "$first_alarm" -ne 0 ] || first_alarm=$day
  fi
  versions=$(version) before=$(attempts "$project")
  at "$day" 03:29 retrain --dry-run --json
  expect_code 0 "dry run of day $day"
  action=$(jq -r .action "$work/out")
  [ "$(attempts "$project")" = "$before" ] || fail "day $day: a dry run left $(attempts "$project")"
  if [ "$action" = train ]; then kill_and_restart "$day"; else at "$day" 03:30 schedule run retrain; fi
  done_now=$(attempts "$project")
  [ "$code" -le 1 ] || fail "retraining of day $day ended with $code: $(cat "$work/err")"
  retrain=$action
  if [ "$done_now" != "$before" ]; then
    [ "${done_now% *}" = "$before" ] || fail "day $day: more than one training: $before, then $done_now"
    retrain=${done_now##* } trained_on="$trained_on $day"
    [ "$retrain" != accepted ] || promoted_on=$day
  fi
  [ "$(version)" -eq $((versions + (promoted_on == day))) ] || fail "day $day: the alias has $(version) versions"
  at "$day" 04:00 schedule status
  status=$code
  expect_code $((day == 20)) "schedule status of day $day"
  [ "$day" -ne 20 ] || grep -q '^batch: a run was due at Fri 2026-03-20 02:00 UTC and was not started$' "$work/out" || fail "day 20: $(cat "$work/out")"
  printf '%4d  %-6s %-8s %-9s %s\n' "$day" "$drift" "$retrain" "$(version)" "$([ "$status" -eq 0 ] && echo well || echo overdue)"
done

echo "alarms before day $drift_day: $false_alarms; first alarm: day $first_alarm; trained on:$trained_on; promoted on day $promoted_on; $kills kills landed"
[ "$false_alarms" -eq 0 ] || fail "$false_alarms false alarms in $((drift_day - 1)) days"
[ "$first_alarm" -eq "$drift_day" ] || fail "the first alarm came on day $first_alarm"
[ "$promoted_on" -gt "$drift_day" ] || fail "no new model took over"
[ "$drift" = quiet ] || fail "the new model does not know the new words, either: alarm on day $days"
# From the first training for drift on, none within the cool-down of the one before.
previous=-7
for day in $trained_on; do
  [ "$day" -ge $((previous + 7)) ] || fail "trained on day $day, within the cool-down after day $previous"
  previous=$day
done
[ "$kills" -ge 5 ] || fail "only $kills kills landed"
total=$(attempts "$project" | wc -w)
[ "$(trainings "$project")" -le "$total" ] || fail "$(trainings "$project") trainings for $total decisions"
[ "$(models "$project")" -eq "$total" ] || fail "$(models "$project") models for $total decisions"
[ "$(find "$project/out" -name 'batch-*.csv' | wc -l)" -eq $((days - 1)) ] || fail "batches: $(ls "$project/out")"
at 30 05:00 decision verify judge
expect_code 0 "the newest decision"

# The last training once more, killed at chosen writes (renames, flushes): whoever comes next brings it to the same end.
command -v strace >/dev/null && strace -e trace=none -o /dev/null true 2>/dev/null || { echo "kills at writes left out: no strace"; exit; }
end_of() { jq -cS '[.attempts[] | {state, model, new_model, windows}]' "$1/.mlopsctl/retrain/reviews.json"; sha256sum <"$1/data/window/train.csv"; aliases "$1"; }
cp -r "$work/before" "$work/undisturbed"
export MLOPSCTL_TEST_CLOCK
MLOPSCTL_TEST_CLOCK=$(date_of "$promoted_on")03:40:00Z
run_in "$work/undisturbed" retrain --report no >"$work/out" 2>"$work/err" || fail "undisturbed: ended $?"
end_of "$work/undisturbed" >"$work/end"
writes=0
for calls in rename,renameat,renameat2 fsync,fdatasync; do
  step=1
  for ((n = 1; ; n += step)); do
    copy=$work/killed
    rm -rf "$copy" && cp -r "$work/before" "$copy"
    status=0
    { env "$export_mark" strace -qq -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" -e signal=none -o /dev/null \
      "$mlopsctl" -C "$copy" retrain --report no </dev/null >"$work/out" 2>"$work/err" || status=$?; } 2>/dev/null
    [ "$status" -ne 0 ] || break
    writes=$((writes + 1))
    expect_no_orphan "$calls #$n"
    for again in first second; do
      run_in "$copy" retrain --report no >"$work/out" 2>"$work/err" || fail "$calls #$n, then the $again time: ended $?: $(cat "$work/err")"
    done
    end_of "$copy" | cmp -s - "$work/end" || fail "$calls #$n: $(end_of "$copy" | diff - "$work/end")"
    left=$(find "$copy/data" "$copy/.mlopsctl/retrain" -name '.*.tmp')
    [ -z "$left" ] || fail "$calls #$n: left behind: $left"
    [ "$(models "$copy")" -eq "$(models "$work/undisturbed")" ] || fail "$calls #$n: $(models "$copy") models"
    if [ -z "${MLOPSCTL_FULL:-}" ] && [ "$n" -ge 4 ]; then step=5; fi
  done
done
echo "$writes kills at writes, $failures failures"
[ "$writes" -ge 8 ] || fail "only $writes writes were met"
