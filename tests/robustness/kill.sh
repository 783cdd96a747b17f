#!/usr/bin/env bash
# kill -9 at random points: of the program, and every other time of its whole process group; often several times in a row on the
# same folder. After each series a plain `run` must end 0 and reach the bytes of an uninterrupted run.
# usage: kill.sh MLOPSCTL [SEED]     MLOPSCTL_KILLS=N sets how many kills must land (default 200)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
seed=${2:-20260131}
RANDOM=$seed
wanted=${MLOPSCTL_KILLS:-200}

quickstart_project "$work/fresh"
cp -r "$work/fresh" "$work/reference"
begin=$(now_us)
run_in "$work/reference" run >"$work/reference.out" 2>"$work/reference.err" || { fail "the reference run ended $?: $(tail "$work/reference.err")"; exit 1; }
whole=$(($(now_us) - begin))
echo "reference run: $((whole / 1000)) ms; seed $seed"

# one_kill FOLDER: starts a run, kills it after a random time; 0 if it died of it, 1 if it had ended before.
one_kill() {
  local folder=$1 delay=$2 group=$3 pid status=0
  setsid env "$export_mark" "$mlopsctl" -C "$folder" run </dev/null >"$folder.out" 2>"$folder.err" &
  pid=$!
  sleep_us "$delay"
  if [ "$group" = 1 ]; then kill -KILL -- "-$pid" 2>/dev/null; else kill -KILL "$pid" 2>/dev/null; fi
  wait "$pid" 2>/dev/null || status=$?
  case $status in
    137) return 0 ;;
    0) return 1 ;;
    *) fail "an interrupted series: run ended $status by itself: $(tail -n 5 "$folder.err")"; return 1 ;;
  esac
}

landed=0 series=0 groups=0 missed=0
deadline=$((SECONDS + 900))
while [ "$landed" -lt "$wanted" ] && [ "$SECONDS" -lt "$deadline" ]; do
  series=$((series + 1))
  folder=$work/p$series
  cp -r "$work/fresh" "$folder"
  in_a_row=$((1 + RANDOM % 4))
  trail=
  # A folder that has come further has less left to do: aim at the rest, down to the 20 ms of a run that has nothing to do.
  left=$whole
  for ((k = 0; k < in_a_row; ++k)); do
    group=$((landed % 2))
    delay=$(random_below "$left")
    if one_kill "$folder" "$delay" "$group"; then
      landed=$((landed + 1)) groups=$((groups + group)) trail="$trail ${delay}us"
      left=$((left > delay ? left - delay + 20000 : 20000))
    else
      missed=$((missed + 1)) left=20000
    fi
    expect_no_orphan "series $series ($trail)"
  done
  if expect_recovery "series $series (killed after$trail)" "$folder" "$work/reference"; then
    [ $((series % 10)) -ne 0 ] || expect_verified "series $series" "$folder"
    rm -rf "$folder" "$folder".*
  fi
done
echo "$landed kills landed ($groups of whole groups, $missed came too late) in $series series, $failures failures, $SECONDS s"
[ "$landed" -ge "$wanted" ] || fail "only $landed of $wanted kills landed in time"
