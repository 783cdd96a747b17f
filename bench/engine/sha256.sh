#!/usr/bin/env bash
# SHA-256 of 1 GiB in the page cache, one thread, against `openssl dgst -sha256`: at openssl's speed (ratio at least 0.95).
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
file=$work/gibibyte
head -c 1073741824 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 -out "$file" 2>/dev/null
[ "$("$build/bench_sha256" "$file")" = "$(openssl dgst -sha256 -r "$file" | cut -d' ' -f1)" ] || { echo "other digest than openssl's" >&2; exit 1; }
# In turns, so that a noisy neighbour hits both.
mine=() theirs=()
for _ in 1 2 3 4 5; do
  measure -n 1 -w 0 "$build/bench_sha256" "$file"; mine+=("$median"); memory=$peak
  measure -n 1 -w 0 openssl dgst -sha256 "$file"; theirs+=("$median")
done
middle() { printf '%s\n' "$@" | sort -n | sed -n 3p; }
ours=$(middle "${mine[@]}") peer=$(middle "${theirs[@]}")
result "SHA-256 of 1 GiB" "$ours" ms info "" "raw ${mine[*]}; peak $memory MiB"
result "openssl dgst -sha256" "$peer" ms info "" "raw ${theirs[*]}"
result "SHA-256: openssl / ours" "$(calculate "$peer / $ours")" x at_least 0.95 "medians of 5, in turns"
