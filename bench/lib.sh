# Sourced by the benchmarks: bench/AREA/NAME.sh BUILD_FOLDER. Each prints what it did and one `RESULT` line per figure; bench/run.sh
# collects those lines.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C
[ $# -ge 1 ] || { echo "usage: $0 BUILD_FOLDER" >&2; exit 2; }
build=$(realpath "$1")
mlopsctl=$build/mlopsctl
bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mlopsctl-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# measure ARGUMENTS: sets median, least, most (wall ms), cpu (ms), peak (MiB).
measure() { local line; line=$("$build/bench_measure" "$@") || { echo "failed: $*" >&2; return 1; }; read -r median least most cpu peak <<<"$line"; }
# calculate EXPRESSION with 2 digits (awk)
calculate() { awk "BEGIN { printf \"%.2f\", $1 }"; }
# result NAME VALUE UNIT at_most|at_least|info LIMIT DETAIL: one figure; prints and judges it.
result() {
  local verdict=ok
  case $4 in
    at_most) awk "BEGIN { exit !($2 <= $5) }" || verdict=MISSED ;;
    at_least) awk "BEGIN { exit !($2 >= $5) }" || verdict=MISSED ;;
    info) verdict=- ;;
  esac
  printf 'RESULT\t%s\t%s %s\t%s %s\t%s\t%s\n' "$1" "$2" "$3" "${4/info/}" "${5:-}" "$verdict" "${6:-}"
}
spread() { echo "median of $1 runs, least $least, most $most ms; CPU $cpu ms; peak $peak MiB"; }

# thousand FOLDER COUNT: a project of COUNT preprocess stages over ten files of two rows each.
many_stages() {
  local folder=$1 count=$2 i
  mkdir -p "$folder/data"
  for ((i = 0; i < 10; ++i)); do printf 'text,label\nfile %d is fine,positive\nfile %d is not,negative\n' "$i" "$i" >"$folder/data/$i.csv"; done
  {
    printf 'apiVersion: mlopsctl/v1\nname: many\nseed: 1\ninputs:\n'
    for ((i = 0; i < 10; ++i)); do printf '  in%d: {path: data/%d.csv, text: text, label: label}\n' "$i" "$i"; done
    printf 'stages:\n'
    for ((i = 0; i < count; ++i)); do printf '  s%04d:\n    kind: preprocess\n    inputs: [in%d]\n    seed: %d\n    steps: [lowercase]\n' "$i" $((i % 10)) "$i"; done
  } >"$folder/pipeline.yaml"
}
# peers [LIST]: the peers' own Python environment, made on demand; 1 when it cannot be made.
peers() {
  python=${XDG_CACHE_HOME:-$HOME/.cache}/mlopsctl/bench-peers${1:+-$1}/bin
  "$bench_dir/peers/make.sh" "$@" >&2
}
