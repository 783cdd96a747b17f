#!/usr/bin/env bash
# A training that is killed at random steps, again and again, and now and then stopped by Ctrl-C (which saves a checkpoint and ends 130):
# the plain `run` after it goes on at the last checkpoint and ends in the bit-identical model. With the real arithmetic and a tiny BERT.
# usage: finetune.sh MLOPSCTL [SEED]     MLOPSCTL_KILLS=N sets how many kills must land (default 12)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
seed=${2:-20260131}
RANDOM=$seed
wanted=${MLOPSCTL_KILLS:-12}
export OMP_WAIT_POLICY=passive  # the steps are tiny: beside other tests, waiting threads would take the time of those that work
has_torch || skip "this mlopsctl was built without libtorch"

project=$work/fresh
encoder_project "$project"
cp -r "$project" "$work/reference"
begin=$(now_us)
run_in "$work/reference" run >"$work/reference.out" 2>"$work/reference.err" || { fail "the reference run ended $?: $(tail "$work/reference.err")"; exit 1; }
whole=$(($(now_us) - begin))
echo "reference run: $((whole / 1000)) ms; seed $seed"

landed=0 series=0 stopped=0 resumed=0 missed=0
deadline=$((SECONDS + 900))
while [ "$landed" -lt "$wanted" ] && [ "$SECONDS" -lt "$deadline" ]; do
  series=$((series + 1))
  folder=$work/p$series
  cp -r "$project" "$folder"
  in_a_row=$((1 + RANDOM % 3)) trail=
  for ((k = 0; k < in_a_row; ++k)); do
    delay=$((whole / 10 + $(random_below $((whole * 8 / 10)))))
    signal=KILL status=0
    [ $((RANDOM % 4)) -ne 0 ] || signal=INT
    setsid env "$export_mark" "$mlopsctl" -C "$folder" run </dev/null >"$folder.out" 2>"$folder.err" &
    pid=$!
    sleep_us "$delay"
    kill -"$signal" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null || status=$?
    trail="$trail $signal at ${delay}us"
    case $signal$status in
      KILL137) landed=$((landed + 1)) ;;
      INT130) stopped=$((stopped + 1)) ;;
      *0)
        missed=$((missed + 1))
        [ "$k" -gt 0 ] || whole=$delay  # a whole run takes less than that
        break
        ;;
      *) fail "series $series:$trail: ended $status: $(tail -n 5 "$folder.err")" ;;
    esac
    expect_no_orphan "series $series:$trail"
  done
  [ -z "$(find "$folder/.mlopsctl/checkpoints" -name 'at-*' 2>/dev/null)" ] || resumed=$((resumed + 1))
  expect_recovery "series $series ($trail)" "$folder" "$work/reference" || continue
  [ -z "$(ls -A "$folder/.mlopsctl/checkpoints")" ] || fail "series $series: checkpoints were left: $(ls "$folder/.mlopsctl/checkpoints")"
  rm -rf "$folder" "$folder".*
done
echo "$landed kills and $stopped interruptions ($missed came too late) in $series series, from a checkpoint $resumed times, $failures failures, $SECONDS s"
[ "$landed" -ge "$wanted" ] || fail "only $landed of $wanted kills landed in time"
[ "$resumed" -gt 0 ] || fail "no run went on at a checkpoint: the test tests nothing"
