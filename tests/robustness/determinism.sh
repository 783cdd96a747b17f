#!/usr/bin/env bash
# Same inputs and seed, same bytes: whatever the parallelism, runner, path, working folder, time zone, locale, umask or file times.
# usage: determinism.sh MLOPSCTL
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
quickstart_project "$work/fresh"
cp -r "$work/fresh" "$work/reference"
run_in "$work/reference" run -j 1 >"$work/reference.out" 2>"$work/reference.err" || { fail "the reference run ended $?: $(tail "$work/reference.err")"; exit 1; }
[ "$(store_listing "$work/reference" | wc -l)" -gt 10 ] || fail "the reference store holds next to nothing: $(store_listing "$work/reference")"
[ "$(recorded_digests "$work/reference" | wc -l)" -ge 10 ] || fail "next to nothing is recorded: $(recorded_digests "$work/reference")"
[ "$(aliases "$work/reference" | wc -l)" -eq 1 ] || fail "expected one alias, got: $(aliases "$work/reference")"

# variant NAME COMMAND...: the command runs the pipeline in $folder, a fresh copy.
tried=0
variant() {
  local name=$1
  shift
  tried=$((tried + 1))
  folder=${at:-$work/variant-$tried}
  mkdir -p "$(dirname "$folder")"
  [ -d "$folder" ] || cp -r "$work/fresh" "$folder"
  "$@" >"$work/variant.out" 2>"$work/variant.err" || fail "$name: ended $?: $(tail -n 5 "$work/variant.err")"
  same_results "$name" "$folder" "$work/reference"
}
run_here() { run_in "$folder" run "$@"; }
run_from_within() { (cd "$folder" && env "$export_mark" "$mlopsctl" run); }
run_from_elsewhere() { (cd / && run_in "$(realpath --relative-to=/ "$folder")" run); }
run_with() { env "$@" "$export_mark" "$mlopsctl" -C "$folder" run; }
run_with_umask() { (umask "$1" && run_in "$folder" run); }
run_again_from_nothing() { rm -rf "$folder/.mlopsctl" && run_in "$folder" run; }
run_with_odd_times() { find "$folder" -type f -exec touch -d '1999-12-31 23:59:59' {} + && run_in "$folder" run; }
run_stage_by_stage() { for stage in clean clean_restaurants champion challenger judge drift release; do run_in "$folder" run "$stage" || return; done; run_in "$folder" run; }
run_on_one_core() { env "$export_mark" taskset -c 0 "$mlopsctl" -C "$folder" run; }

variant "-j 4" run_here -j 4
variant "-j 0" run_here -j 0
variant "--runner thread" run_here --runner thread -j 4
variant "--runner process" run_here --runner process -j 1
variant "second run in the same place" run_here
at="$work/an other/päth/$(printf 'd%.0s' {1..80})" variant "another path" run_here
variant "from within the folder" run_from_within
variant "from elsewhere with -C" run_from_elsewhere
variant "another time zone" run_with TZ=Asia/Kolkata
variant "another locale" run_with LC_ALL="$(locale -a 2>/dev/null | grep -viE '^(C|POSIX)' | head -n 1)" LANG=de_DE.UTF-8 LANGUAGE=de
variant "no locale, no home" run_with -u LC_ALL -u LANG -u HOME
variant "another temporary folder" run_with TMPDIR="$work"
variant "umask 000" run_with_umask 000
variant "umask 077" run_with_umask 077
variant "old file times" run_with_odd_times
variant "stage by stage" run_stage_by_stage
variant "one core" run_on_one_core
at=$work/reference variant "after deleting .mlopsctl" run_again_from_nothing

# What is known is not computed again: another checkout's times and paths are no reason.
touch "$work/reference/configs/data/feedback/"*.csv
run_in "$work/reference" run >/dev/null 2>&1
states=$(run_in "$work/reference" history latest --json | jq -r '[.stages[].state] | unique | join(" ")')
[ "$states" = reused ] || fail "touched inputs: stages ended '$states', expected all reused"
# And another seed is another result: the comparison above can fail.
cp -r "$work/fresh" "$work/seeded"
run_in "$work/seeded" run --set seed=2 >/dev/null 2>&1
[ "$(store_listing "$work/seeded")" != "$(store_listing "$work/reference")" ] || fail "another seed gives the same bytes: the test cannot tell"
echo "$tried variants, $failures failures, $SECONDS s"
