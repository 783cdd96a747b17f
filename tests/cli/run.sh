#!/usr/bin/env bash
# Runs one case: run.sh MLOPSCTL CASE. Ends with 0 when all is as expected, 1 when not, 77 when the expectations were written anew, or when
# this program lacks what the case needs.
set -euo pipefail

binary=$(realpath "$1")
case_folder=$(realpath "$2")
here=$(dirname "$(realpath "$0")")

if [[ -e $case_folder/needs ]] && ! "$binary" version | grep -qF "$(cat "$case_folder/needs")"; then
  echo "SKIPPED: this mlopsctl was built without $(cat "$case_folder/needs")"
  exit 77
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/mlopsctl-cli-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/home" "$scratch/work" "$scratch/out"
ln -s "$binary" "$scratch/bin/mlopsctl"
cp -r "$here/project/." "$scratch/work"
if [[ -d $case_folder/files ]]; then cp -rL "$case_folder/files/." "$scratch/work"; fi

# Nothing of the caller's surroundings reaches the case.
status=0
(
  cd "$scratch/work"
  exec env -i PATH="$scratch/bin:/usr/bin:/bin" HOME="$scratch/home" LC_ALL=C.UTF-8 TZ=UTC TERM=dumb ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
    timeout 120 sh "$case_folder/cmd" </dev/null >"$scratch/out/stdout" 2>"$scratch/out/stderr"
) || status=$?
echo "$status" >"$scratch/out/exit"

# What differs from run to run, and nothing else.
for stream in stdout stderr; do
  sed -E -i \
    -e "s#$scratch#SCRATCH#g" \
    -e 's#[0-9]{8}-[0-9]{6}-[0-9a-f]{4}#RUN#g' \
    -e 's#[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z#TIME#g' \
    -e 's#(after |in |\()[0-9.]+ (ms|s|min)\b#\1DURATION#g' \
    "$scratch/out/$stream"
done

if [[ -n ${MLOPSCTL_UPDATE_GOLDEN:-} ]]; then
  for part in stdout stderr exit; do
    if [[ -s $scratch/out/$part && ! ($part == exit && $status == 0) ]]; then cp "$scratch/out/$part" "$case_folder/$part"; else rm -f "$case_folder/$part"; fi
  done
  echo "SKIPPED: expectations of $(basename "$case_folder") written anew"
  exit 77
fi

failed=0
for part in stdout stderr exit; do
  expected=$case_folder/$part
  if [[ ! -e $expected ]]; then
    expected=$scratch/nothing
    : >"$expected"
    if [[ $part == exit ]]; then echo 0 >"$expected"; fi
  fi
  diff -u --label "$part (expected)" --label "$part (found)" "$expected" "$scratch/out/$part" || failed=1
done
exit $failed
