#!/usr/bin/env bash
# Lets every fuzzer of a build work for some seconds, from the seeds and what earlier runs found worth keeping.
# usage: tests/fuzz/run.sh BUILD [SECONDS_EACH]     findings land in BUILD/findings/; put them under tests/fuzz/corpus/<fuzzer>/ with the fix
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) seconds=${2:-60}
failed=0
for seeds in "$build"/*.seeds; do
  name=$(basename "$seeds" .seeds)
  mapfile -t folders < <(grep . "$seeds")
  mkdir -p "$build/corpus/$name" "$build/findings"
  echo "=== $name, $seconds s"
  "$build/$name" "$build/corpus/$name" "${folders[@]}" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -dict="$here/yaml.dict" -artifact_prefix="$build/findings/$name-" 2>"$build/findings/$name.log" || { failed=1; tail -n 30 "$build/findings/$name.log"; }
  grep -E '^stat::(number_of_executed_units|new_units_added)' "$build/findings/$name.log" || true
done
exit "$failed"
