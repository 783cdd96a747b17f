#!/usr/bin/env bash
# Runs every benchmark (bench/AREA/NAME.sh BUILD_FOLDER), prints a table of their figures and keeps it, with the raw lines, in
# bench/results/DATE-MACHINE.md. usage: bench/run.sh BUILD_FOLDER [NAME...]   e.g. bench/run.sh build/bench startup noop_run
# Ends 1 when a figure missed its limit or a benchmark failed.
set -euo pipefail
export LC_ALL=C
[ $# -ge 1 ] || { echo "usage: bench/run.sh BUILD_FOLDER [NAME...]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1")
shift
scripts=()
for script in "$here"/*/*.sh; do
  [ -x "$script" ] || continue
  case $script in */peers/* | */support/* | */accuracy/*) continue ;; esac
  name=$(basename "$script" .sh)
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  scripts+=("$script")
done
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT
failed=()
for script in "${scripts[@]}"; do
  name=${script#"$here"/}
  echo "== $name" >&2
  echo "== $name" >>"$raw"
  status=0
  "$script" "$build" 2> >(tee -a "$raw" >&2) | tee -a "$raw" | sed -n 's/^RESULT\t/   /p' >&2 || status=$?
  [ "$status" -eq 0 ] || failed+=("$name")
done

table() {
  echo "| what | measured | limit | | how |"
  echo "|---|---|---|---|---|"
  grep $'^RESULT\t' "$raw" | cut -f2- | sed 's/|/\\|/g; s/\t/ | /g; s/^/| /; s/$/ |/; s/at_most/<=/; s/at_least/>=/' || true
}
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
machine=$(tr -cs 'A-Za-z0-9' '-' <<<"${cpu:-$(uname -m)}" | sed 's/^-//; s/-$//' | tr '[:upper:]' '[:lower:]' | cut -c1-40)
commit=$(git -C "$here" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$here" status --porcelain --untracked-files=no 2>/dev/null)" ] || commit="$commit (with local changes)"
mkdir -p "$here/results"
file=$here/results/$(date -u +%Y-%m-%d)-$machine.md
{
  echo "# Benchmarks of $(date -u '+%Y-%m-%d %H:%M') UTC"
  echo
  echo "- commit: $commit"
  echo "- machine: $cpu, $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg) at the end"
  echo "- command: \`bench/run.sh ${build#"$(dirname "$here")"/}${*:+ $*}\`"
  [ ${#failed[@]} -eq 0 ] || echo "- failed: ${failed[*]}"
  echo
  table
  echo
  echo "Raw output:"
  echo
  echo '```'
  sed "s|$HOME|~|g" "$raw"
  echo '```'
} >"$file"
table
echo
echo "kept in ${file#"$(dirname "$here")"/}"
[ ${#failed[@]} -eq 0 ] && ! grep -q $'^RESULT\t.*\tMISSED\t' "$raw"
