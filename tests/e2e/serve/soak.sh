#!/usr/bin/env bash
# A server at 70 % of what it can bear, for a minute (ctest) or as long as one likes: it keeps what it records, its model changes every ten seconds, clients come
# and go; no request fails, memory stays flat, no file stays open. usage: soak.sh MLOPSCTL SERVE_LOAD [SECONDS]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
load=$2 seconds=${3:-60}
command -v jq >/dev/null || { echo "skipped: no jq here (apt-get install jq)"; exit 77; }
make_models
serve --model live --store "sqlite:$work/store.sqlite" --record ${RECORD:-0.01}
echo '{"inputs": "a good day"}' >"$work/one.json"
echo '{"inputs": ["a good day", "a bad one", "some day, with @somebody", "number 7"]}' >"$work/four.json"
bodies=("$work/one.json" "$work/four.json")

# tick: half a second, without a process.
tick() { read -rt 0.5 <> <(:) || true; }
bearable=$( (for _ in 1 2 3 4 5 6; do tick; done) | "$load" "$port" 16 0 "${bodies[@]}" | jq .rate)
coproc LOAD { "$load" "$port" 16 "$(jq -n "$bearable * 0.7")" "${bodies[@]}"; }
answers=${LOAD[0]} orders=${LOAD[1]}

# One line a half second: seconds, resident KiB, open files.
begin=$(date +%s%N) turn=0
while :; do
  tick
  at=$((($(date +%s%N) - begin) / 1000000))
  [ "$at" -lt $((seconds * 1000)) ] || break
  files=("/proc/$server/fd/"*)
  echo "$at $(awk '/^VmRSS/ { print $2 }' "/proc/$server/status") ${#files[@]}" >>"$work/samples"
  turn=$((turn + 1))
  curl -fsS -o "$work/answer" -d "@$work/one.json" "http://127.0.0.1:$port/"  # a client that comes and goes
  if [ $((turn % 20)) = 0 ]; then
    stage=$([ $((turn % 40)) = 0 ] && echo one || echo two)
    "$mlopsctl" -C "$work" model alias live "$stage" >/dev/null 2>&1
    echo "swap $(digest_of "$stage")" >&"$orders"
    read -rt 30 line <&"$answers" && [ "$line" = seen ] || { echo "the new model did not answer within 30 s"; exit 1; }
  fi
done
exec {orders}>&-
read -rt 30 line <&"$answers"

# The slope of memory over the second half, by least squares; files: the most of the last quarter against the most of the second.
read -r slope first last files_before files_after < <(awk -v n="$(wc -l <"$work/samples")" '
  NR == int(n / 2) + 1 { first = $2 }
  NR > n / 2 { x = $1 / 60000; sx += x; sy += $2; sxx += x * x; sxy += x * $2; ++count; last = $2 }
  NR > n / 4 && NR <= n / 2 && $3 > before { before = $3 }
  NR > n * 3 / 4 && $3 > after { after = $3 }
  END { printf "%.1f %d %d %d %d\n", (count * sxy - sx * sy) / (count * sxx - sx * sx), first, last, before, after }' "$work/samples")
echo "$seconds s at 70 % of $(jq -n "$bearable | round") requests/s: $line"
echo "resident memory over the second half: $((first / 1024)) -> $((last / 1024)) MiB, slope $slope KiB a minute; open files: $files_before -> $files_after"
jq -e '.failed == 0 and .mixed == 0 and .answers > 1000' <<<"$line" >/dev/null || exit 1
[ "$files_after" -le $((files_before + 2)) ] || { echo "open files grew"; exit 1; }
# Flat: over the second half less than 2 MiB, and for what a large model's allocator moves about a twentieth of it.
awk -v slope="$slope" -v minutes="$(jq -n "$seconds / 120")" -v size="$last" 'BEGIN { grown = slope * minutes; exit !(grown < 2048 + size / 20) }' ||
  { echo "memory grew"; exit 1; }
kill "$server"
wait "$server" || { echo "the server ended with $?"; exit 1; }
server=
