#!/usr/bin/env bash
# The README's five minutes, word for word, in an empty folder: every command ends with 0, `diff` with the 1 of "they differ".
# usage: readme.sh MLOPSCTL README
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/empty"
ln -s "$(realpath "$1")" "$work/bin/mlopsctl"
mapfile -t lines < <(sed -n '/^## Five minutes/,/^## In GitHub/p' "$2" | sed -n '/^```sh/,/^```$/p' | grep '^mlopsctl ')
[ "${#lines[@]}" -ge 10 ] || { echo "found ${#lines[@]} commands in $2, expected at least 10" >&2; exit 1; }
cd "$work/empty"
for line in "${lines[@]}"; do
  expected=0 status=0
  [[ $line != "mlopsctl diff"* ]] || expected=1
  PATH=$work/bin:$PATH HOME=$work bash -c "$line" >"$work/out" 2>&1 </dev/null || status=$?
  [ "$status" -eq "$expected" ] || { echo "ended $status, expected $expected: $line"; cat "$work/out"; exit 1; } >&2
done
echo "${#lines[@]} commands of the README work"
